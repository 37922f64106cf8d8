"""When a client that signs in, signs up or the like too often may do it again, and the page that says so.

allauth counts, by the rates in ACCOUNT_RATE_LIMITS, in moving windows like those of `core.limits`: it keeps
the times of the last acts. From these the exact time to wait is read here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import limits
from core.addresses import lenient_email
from core.limits import in_words

#: Page → what allauth may have counted there.
_ACTIONS = {
    "account_login": ("login", "login_failed"),
    "account_reauthenticate": ("reauthenticate", "login_failed"),
    "account_signup": ("signup",),
    "account_reset_password": ("reset_password",),
    "account_email": ("manage_email",),
    "export": ("export",),
}
#: Pages on which a new password by e-mail is the way on.
_BY_PASSWORD = {"account_login", "account_reauthenticate"}
_MINUTE = 60


def seconds_to_wait(request: HttpRequest, *, actions: tuple[str, ...], email: str = "") -> int:
    """After so many seconds the next act is taken: the longest wait of the limits that are used up.

    Where none of them is (it was another limit, or it has just passed), the longest period of the rates.
    `email` is the address that was typed, for limits that are counted by account.
    """
    rates = [
        (action, rate)
        for action in actions
        for rate in ratelimit.parse_rates(settings.ACCOUNT_RATE_LIMITS.get(action))
    ]
    waits = [wait for action, rate in rates for wait in _waits(request, action, rate, email)]
    longest = max((rate.duration for _, rate in rates), default=_MINUTE)
    return max(1, math.ceil(max(waits, default=longest)))


def _waits(request: HttpRequest, action: str, rate: ratelimit.Rate, email: str) -> Iterator[float]:
    """The seconds until a limit takes the next act, where it is used up."""
    if rate.per == "user" and not request.user.is_authenticated:
        return
    key = _key(request, action, email) if rate.per == "key" else None
    name = ratelimit.get_cache_key(request, app="allauth.account", action=action, rate=rate, key=key)
    acts: list[float] = cache.get(name, [])  # the latest first
    if len(acts) >= rate.amount:
        wait = acts[rate.amount - 1] + rate.duration - time.time()
        if wait > 0:
            yield wait


def _key(request: HttpRequest, action: str, email: str) -> str:
    """By what allauth counts an account: for wrong passwords the adapter says it."""
    if action == "login_failed":
        return str(get_adapter()._get_login_attempts_cache_key(request, email=email))
    return lenient_email(email)


def spend_of_network(name: str, request: HttpRequest) -> None:
    """Count one act of the sender's network; where the limit is used up, the 429 page is the answer."""
    try:
        limits.spend(name, limits.network_of(request))
    except limits.LimitReached as reached:
        raise ImmediateHttpResponse(too_many_requests(request, reached.retry_after)) from None


def too_many_requests(request: HttpRequest, wait: int | None = None) -> HttpResponse:
    """The 429 page: what happened, and when to come back, in `wait` seconds where that is known."""
    match = request.resolver_match
    name = (match and match.url_name) or ""
    email = request.POST.get("login") or request.POST.get("email") or ""
    if wait is None:
        wait = seconds_to_wait(request, actions=_ACTIONS.get(name, ()), email=email)
    context = {"when": in_words(wait), "may_reset": name in _BY_PASSWORD}
    response = render(request, "accounts/429.html", context, status=429)
    response["Retry-After"] = str(wait)
    return response
