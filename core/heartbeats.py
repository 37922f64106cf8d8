"""Signs of life of what answers no requests: one every few seconds, and the cache forgets each soon."""

from __future__ import annotations

import time

from django.core.cache import cache

#: What gives signs → for how many seconds one is good. A worker may be busy with one thing for a while.
GOOD_FOR = {"beat": 30, "worker": 90}
#: A process gives no more than one sign in so many seconds.
PAUSE_SECONDS = 5.0
_last: dict[str, float] = {}


def give(name: str) -> None:
    """A sign of life."""
    now = time.monotonic()
    if now - _last.get(name, -PAUSE_SECONDS) >= PAUSE_SECONDS:
        _last[name] = now
        cache.set(f"alive-{name}", 1, GOOD_FOR[name])


def seen(name: str) -> bool | None:
    """Whether there was a sign of late; None where that can't be known, as the cache is away."""
    if cache.get(f"alive-{name}"):
        return True
    return False if getattr(cache, "may_be_asked", True) else None
