"""What is said to somebody who does something too often. The limits themselves are `ACCOUNT_RATE_LIMITS`."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_ACTIONS = {
    "account_login": "login_failed",
    "account_signup": "signup",
    "account_reset_password": "reset_password",
    "account_email": "manage_email",
    "export": "export",
}


def seconds_to_wait(url_name: str) -> int:
    """After this long the page takes requests again for certain: the longest period of its limits."""
    rates = settings.ACCOUNT_RATE_LIMITS.get(_ACTIONS.get(url_name, ""), "1/m/ip")
    return max(int(number or 1) * _SECONDS[unit] for number, unit in re.findall(r"/(\d*)([smhd])/", rates))


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """The 429 page: what happened, and when to come back."""
    match = request.resolver_match
    name = (match and match.url_name) or ""
    wait = seconds_to_wait(name)
    when = "a minute" if wait <= 60 else f"{wait // 60} minutes" if wait < 3600 else "an hour"
    context = {"when": when, "is_login": name == "account_login"}
    response = render(request, "accounts/429.html", context, status=429)
    response["Retry-After"] = str(wait)
    return response
