"""How many enquiries one sender may send: one limit for pages and API, counted in the shared cache.

The rate is `enquiry` of REST_FRAMEWORK's DEFAULT_THROTTLE_RATES. Counting is atomic, in fixed windows. Each of
three counts on its own: the account or else the address it comes from, and the e-mail address that is written to,
because the visitor's copy must not become a way to fill a stranger's inbox.
"""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.throttling import SimpleRateThrottle

from dealers.exceptions import TooManyEnquiries


class _Rate(SimpleRateThrottle):
    """Reads the rate; DRF's own counting is not atomic, so it isn't used."""

    scope = "enquiry"


def enquiry_rate() -> tuple[int | None, int | None]:
    """How many enquiries in how many seconds; None where there is no limit."""
    rate = _Rate()
    return rate.parse_rate(rate.get_rate())


def enquiry_spend(request: HttpRequest, *, email: str) -> None:
    """Counts one enquiry. Raises TooManyEnquiries where the limit is used up already."""
    limit, seconds = enquiry_rate()
    if limit is None or seconds is None:
        return
    user = request.user
    sender = f"user:{user.pk}" if user.is_authenticated else f"address:{request.META['REMOTE_ADDR']}"
    now = int(time.time())
    for name in (sender, f"email:{email.strip().lower()}"):
        if _count(name, window=now // seconds, seconds=seconds) > limit:
            raise TooManyEnquiries(limit=limit, retry_after=seconds - now % seconds)


def _count(name: str, *, window: int, seconds: int) -> int:
    # Hashed: no addresses of people in the cache, and no odd characters in its keys.
    key = f"enquiries:{hashlib.sha256(name.encode()).hexdigest()}:{window}"
    cache.add(key, 0, timeout=2 * seconds)
    return cache.incr(key)
