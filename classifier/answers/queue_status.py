"""What waits and for how long: for the visitor whose photo it is, and for staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from django.core.cache import cache
from django.db.models import Count, Min
from django.utils import timezone

from classifier.models import Identification

#: A pace is measured over this long at most.
WINDOW = timedelta(minutes=1)
#: Shorter waits say nothing of the pace.
SHORTEST = timedelta(seconds=3)
_PACE_KEY, _PACE_SECONDS = "classifier-pace", 2


@dataclass(frozen=True)
class Position:
    """Of a photo in the queue: how many are ahead and, where that is known, how long they may take."""

    ahead: int
    words: str


def position(row: Identification) -> Position:
    """Where a waiting photo stands."""
    ahead = Identification.objects.waiting().filter(created__lt=row.created).count()
    return Position(ahead, _words(ahead))


def _words(ahead: int) -> str:
    if not ahead:
        return ""
    photos_per_second = cache.get(_PACE_KEY)
    if photos_per_second is None:
        photos_per_second = pace() or 0.0
        cache.set(_PACE_KEY, photos_per_second, _PACE_SECONDS)
    return span((ahead + 1) / photos_per_second) if photos_per_second else ""


def pace(now: datetime | None = None) -> float | None:
    """Photos answered in a second while others waited, lately; None where too little is known to say."""
    now = now or timezone.now()
    since = Identification.objects.waiting().aggregate(at=Min("created"))["at"]
    if since is None or now - since < SHORTEST:
        return None
    since = max(since, now - WINDOW)
    ended = Identification.objects.filter(finished__gt=since, finished__lte=now).count()
    return ended / (now - since).total_seconds() or None


def span(seconds: float) -> str:
    """A waiting time, rounded so that it does not look exact."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"{10 * round(seconds / 10)} seconds"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600)} hours"


# --- For staff ----------------------------------------------------------------------------------------------
class FailureCount(TypedDict):
    """How often photos failed for a reason."""

    failure: str
    count: int


@dataclass(frozen=True)
class WaitingPhoto:
    """A photo in the queue, and since when it waits, in words."""

    row: Identification
    waits: str


@dataclass(frozen=True)
class Queue:
    """All that waits, at one moment.

    `oldest` says how long already, `left` how long still; `pace`: photos a second.
    """

    queued: int
    running: int
    oldest: str
    pace: float | None
    left: str
    rows: list[WaitingPhoto]
    failures: list[FailureCount]


def queue(now: datetime | None = None, *, most: int = 50) -> Queue:
    """What waits, the longest first and so many at most, and what failed in the last day by its reason."""
    now = now or timezone.now()
    waiting = Identification.objects.waiting()
    counts = dict(waiting.order_by().values_list("status").annotate(Count("pk")))
    rows = [
        WaitingPhoto(row, span((now - row.created).total_seconds()))
        for row in waiting.select_related("owner").order_by("created")[:most]
    ]
    measured = pace(now)
    total = sum(counts.values())
    failed = Identification.objects.filter(status="failed", finished__gt=now - timedelta(days=1))
    return Queue(
        queued=counts.get("queued", 0),
        running=counts.get("running", 0),
        oldest=rows[0].waits if rows else "",
        pace=measured,
        left=span(total / measured) if measured else "",
        rows=rows,
        failures=list(failed.order_by().values("failure").annotate(count=Count("pk")).order_by("-count")),
    )
