"""How often one sender may do something: every limit of the site, with its rate and the key it is counted by.

A limit is a moving window: of `N an hour`, N happen within any sixty minutes, and what was refused does not
count. So `Retry-After` is exact: the moment at which the oldest of the N is an hour old. Keys are hashed:
what is stored identifies no person. The counts are in Redis, so that all processes count together. While it
is away each process counts in its own memory (see `core.cache`), and a limit is at most as many times as
high as there are processes.

Rates are settings: UPLOADS_PER_DAY, GUEST_UPLOADS_PER_HOUR and, for the rest, DEFAULT_THROTTLE_RATES of
REST_FRAMEWORK. Sign-in and the like are counted by allauth, with ACCOUNT_RATE_LIMITS (`accounts.limits`).
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable, Iterable
from functools import cache as once

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from core.cache import ForgivingRedisCache
from core.errors import ExpectedError

#: Photos of a signed-in user, and of an address without an account.
PHOTOS, GUEST_PHOTOS = "photos", "guest-photos"


class LimitReached(ExpectedError):
    """The sender has used up the limit; the same may be done again after `retry_after` seconds."""

    code = "throttled"
    status = 429

    def __init__(self, *, limit: int, retry_after: int) -> None:
        self.limit = limit
        super().__init__(
            f"That was done very often in a short time. Try again in {in_words(retry_after)}.",
            retry_after=retry_after,
        )


# --- Rates --------------------------------------------------------------------------------------------------
def rates(name: str) -> list[RateLimitItem]:
    """The rates of a limit, such as "5/minute;20/hour"; none where the settings set no limit."""
    of_api: dict[str, str | None] = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]  # type: ignore[assignment]
    of_photos = {
        PHOTOS: f"{settings.UPLOADS_PER_DAY}/day",
        GUEST_PHOTOS: f"{settings.GUEST_UPLOADS_PER_HOUR}/hour",
    }
    text = (of_photos | of_api)[name]
    return parse_many(text) if text else []


def sender_of(request: HttpRequest) -> str:
    """Who counts as one sender: an account wherever it is, else the address that a request comes from."""
    user = request.user
    if user.is_authenticated:
        return f"user:{user.pk}"
    return f"address:{_one_customer(request.META['REMOTE_ADDR'])}"


def network_of(request: HttpRequest) -> str:
    """Who counts as one network: neighbours of an address, which one person can often choose among.

    256 addresses of IPv4; of IPv6 what one customer is given at most (48 bits). Many people may share one, so
    its limits have to be several times those of a single address. Signing in does not leave it.
    """
    try:
        address = ipaddress.ip_address(request.META["REMOTE_ADDR"])
    except ValueError:  # a Unix socket
        return f"network:{request.META['REMOTE_ADDR']}"
    bits = 24 if address.version == 4 else 48
    return f"network:{ipaddress.ip_network(f'{address}/{bits}', strict=False)}"


def senders_of(request: HttpRequest) -> list[str]:
    """Account and address, each a sender of its own: accounts are made quickly, and used from anywhere."""
    address = f"address:{_one_customer(request.META['REMOTE_ADDR'])}"
    return [sender_of(request), address] if request.user.is_authenticated else [address]


def _one_customer(address: str) -> str:
    """Of IPv6 the 64 bits that a household or a machine is given: within them it changes as it likes."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a Unix socket
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network(f"{parsed}/64", strict=False))


# --- Counting -----------------------------------------------------------------------------------------------
def spend(name: str, sender: str) -> None:
    """Count one act of `sender`.

    Raises LimitReached, and counts nothing, where the limit `name` is used up.
    """
    check(name, sender)
    for item in rates(name):
        if not _ask(_hit, item, name, _hashed(sender)):  # another request took the last one meanwhile
            raise LimitReached(limit=item.amount, retry_after=_wait(name, sender)[0] or 1)


def spend_each(acts: Iterable[tuple[str, str]]) -> None:
    """Count one act by several limits, each with its sender.

    Raises LimitReached, and counts nothing, where one of them is used up.
    """
    counted = list(acts)
    for name, sender in counted:
        check(name, sender)
    for name, sender in counted:
        spend(name, sender)


def check(name: str, sender: str) -> None:
    """Raises LimitReached where the limit `name` is used up; counts nothing."""
    seconds, amount = _wait(name, sender)
    if seconds:
        raise LimitReached(limit=amount, retry_after=seconds)


def _wait(name: str, sender: str) -> tuple[int, int]:
    """Seconds until the next act may be, and how many the limit that is used up allows."""
    waits = [(_ask(_free_at, item, name, _hashed(sender)), item.amount) for item in rates(name)]
    free_at, amount = max(waits, default=(0.0, 0))
    return (max(1, math.ceil(free_at - time.time())), amount) if free_at else (0, 0)


def forget(name: str, sender: str) -> None:
    """A sender starts anew with this limit."""
    for item in rates(name):
        _ask(_clear, item, name, _hashed(sender))


def _hashed(sender: str) -> str:
    """No addresses of people in Redis, and no odd characters in its keys."""
    return hashlib.sha256(sender.encode(errors="replace")).hexdigest()


def forget_all() -> None:
    """Every sender starts anew, as far as this process counts."""
    _memory().reset()


def _ask(question: Callable[..., float], item: RateLimitItem, *key: str) -> float:
    cache = caches["default"]
    if isinstance(cache, ForgivingRedisCache) and cache.may_be_asked:
        try:
            return question(MovingWindowRateLimiter(cache.limits), item, *key)
        except (RedisError, OSError) as error:
            cache.leave_alone(error)
    return question(MovingWindowRateLimiter(_memory()), item, *key)


def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, *key: str) -> float:
    return float(limiter.hit(item, *key))


def _free_at(limiter: MovingWindowRateLimiter, item: RateLimitItem, *key: str) -> float:
    """The time at which the next act may be; 0 where it may be now."""
    return 0.0 if limiter.test(item, *key) else limiter.get_window_stats(item, *key).reset_time


def _clear(limiter: MovingWindowRateLimiter, item: RateLimitItem, *key: str) -> float:
    limiter.clear(item, *key)
    return 0.0


@once
def _memory() -> MemoryStorage:
    return MemoryStorage()


# --- Words --------------------------------------------------------------------------------------------------
def in_words(seconds: int) -> str:
    """A time to wait, never shorter than it is: "a minute", "40 minutes", "an hour", "23 hours"."""
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return "a minute" if minutes <= 1 else f"{minutes} minutes"
    hours = math.ceil(minutes / 60)
    return "an hour" if hours == 1 else f"{hours} hours"
