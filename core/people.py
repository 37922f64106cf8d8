"""Who somebody is to services: an account, known by `AUTH_USER_MODEL` only, or a guest.

What a guest sent is found again by a random key, which a cookie holds. A page with a form for photos makes
the key and holds it, too: photos that are sent at the same time have one owner, from however many tabs, and
also where the cookies were cleared while the page was open.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

#: `request.user`: an account, or a guest.
Person: TypeAlias = "AbstractBaseUser | AnonymousUser"

#: The field of a form that holds the key, and where sessions of an earlier version do.
GUEST_FIELD, _SESSION_KEY = "guest", "guest_key"
_KEY = re.compile(r"[\w-]{43}", re.ASCII)
_SECONDS = 14 * 24 * 3600


def account_id(person: Person | None) -> int | None:
    """The key of a person's account; None for a guest, and for the site itself (None)."""
    return person.pk if person is not None and person.is_authenticated else None


# --- Guests -------------------------------------------------------------------------------------------------
def guest_cookie() -> str:
    """The name of the cookie with a guest's key."""
    return "__Host-guest" if settings.SESSION_COOKIE_SECURE else "guest"


def guest_key(request: HttpRequest) -> str:
    """By what a browser's photos are found until its user signs in; empty where it has none yet.

    The cookie's, else that of the form which is sent, else that of an old session.
    """
    sent = request.COOKIES.get(guest_cookie(), ""), request.POST.get(GUEST_FIELD, "")
    known = next((key for key in sent if _KEY.fullmatch(key)), "")
    return known or getattr(request, "made_guest_key", "") or request.session.get(_SESSION_KEY, "")


def guest_key_made(request: HttpRequest) -> str:
    """Likewise, and made where there is none. Empty for an account, which needs none.

    The cookie comes with the answer, if `GuestMiddleware` sees it.
    """
    if request.user.is_authenticated:
        return ""
    key = guest_key(request) or secrets.token_urlsafe(32)
    request.made_guest_key = key  # type: ignore[attr-defined]
    return key


class GuestMiddleware:
    """Sets the cookie with a key that was made, or came with a form alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        key = getattr(request, "made_guest_key", "")
        if _KEY.fullmatch(key) and request.COOKIES.get(guest_cookie()) != key:
            response.set_cookie(
                guest_cookie(),
                key,
                max_age=_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response
