"""How often passwords and codes may be guessed: a short window, then longer ones.

Counted in four ways, wrong tries only:

- one account from one address, and one address, whatever the account (ACCOUNT_RATE_LIMITS, by allauth);
- one network, whatever the account: `guess-network`;
- one account, wherever from: `guess-account`, and `guess-code` for the second factor.

The last would let anyone lock an owner out. So it does not hold for browsers in which the account was signed
in to before: they have a signed cookie, and each is counted alone. A new password by e-mail lets its owner
in from any browser.
"""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

from core import limits

_YEAR = 365 * 24 * 3600
_SALT = "accounts.guessing"
#: How many accounts one browser is known for.
_ACCOUNTS = 5


def cookie_name() -> str:
    """The cookie of a known browser."""
    return "__Host-known" if settings.SESSION_COOKIE_SECURE else "known"


def check_password_guess(request: HttpRequest, account: str) -> None:
    """Raises LimitReached where too many passwords were wrong. `account` is its address."""
    limits.check("guess-network", limits.network_of(request))
    limits.check("guess-account", _guesser(request, account))


def count_password_guess(request: HttpRequest, account: str) -> None:
    """A password was wrong."""
    for name, sender in (
        ("guess-network", limits.network_of(request)),
        ("guess-account", _guesser(request, account)),
    ):
        with suppress(limits.LimitReached):  # the next try is refused
            limits.spend(name, sender)


def spend_code_guess(request: HttpRequest, account: str) -> None:
    """Count a code before it is looked at: of a million a few are right. Raises LimitReached."""
    limits.spend("guess-code-here", _here(request, account))
    limits.spend("guess-code", _guesser(request, account))


def code_was_right(request: HttpRequest, account: str) -> None:
    """Whoever has the right code is not guessing."""
    limits.forget("guess-code-here", _here(request, account))
    limits.forget("guess-code", _guesser(request, account))


def _here(request: HttpRequest, account: str) -> str:
    return f"{account} {request.META['REMOTE_ADDR']}"


def _guesser(request: HttpRequest, account: str) -> str:
    """Everyone who guesses at an account, but for known browsers: each of them counts alone."""
    return f"{account} {request.COOKIES[cookie_name()]}" if _is_known(request, account) else account


def forget_guesses(account: str) -> None:
    """The owner has proved who they are by e-mail."""
    limits.forget("guess-account", account)


# --- Known browsers -----------------------------------------------------------------------------------------
def remember_browser(request: HttpRequest, response: HttpResponseBase, account: str) -> None:
    """This browser has signed in to the account."""
    name = _name(account)
    names = [name, *(other for other in _names(request) if other != name)][:_ACCOUNTS]
    response.set_cookie(
        cookie_name(),
        signing.dumps(names, salt=_SALT),
        max_age=_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _is_known(request: HttpRequest, account: str) -> bool:
    return _name(account) in _names(request)


def _names(request: HttpRequest) -> list[str]:
    try:
        return list(signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=_YEAR))
    except signing.BadSignature:
        return []


def _name(account: str) -> str:
    """An account as a cookie names it: without its address, which is nobody else's matter."""
    return salted_hmac(_SALT, account, algorithm="sha256").hexdigest()[:16]
