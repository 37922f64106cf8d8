"""Rows that wait for a worker, are held by one for a limited time, and come back when that worker is lost.

A row is authoritative: it says `queued` or `running`, which attempt that is and until when the worker holds
it. A message in the queue is only a wake-up: it may be lost, come twice or come late. Every change here is
one UPDATE with a condition (compare-and-set), so that of two workers one wins and the other changes nothing.

A model that uses this has `status` (with the values "queued" and "running"), `attempt`, `worker`, `created`,
`enqueued`, `lease_until` and `MAX_ATTEMPTS`; its manager is made of a QuerySet that has `LeaseQuerySet` among
its bases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol, Self, TypeVar, cast

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from core import processes
from core.queue import messages

QUEUED, RUNNING = "queued", "running"
Row = TypeVar("Row", bound=models.Model)
Key = TypeVar("Key")
#: For this long after a wake-up was sent it is not missed.
WAKE_AFTER = timedelta(seconds=3)
#: So many wake-ups are sent at most in one sweep.
WAKE_AT_ONCE = 1000


class Leased(Protocol):
    """What is asked of a row and of its model."""

    MAX_ATTEMPTS: int
    attempt: int


class LeaseQuerySet(models.QuerySet[Row]):
    """Claim, renew, give back, and find what was lost."""

    @property
    def _most(self) -> int:
        return cast("Leased", self.model).MAX_ATTEMPTS

    # --- One worker and its row ---
    def claim(self, pk: object, *, lease: timedelta, take_over: bool = False, **values: object) -> Row | None:
        """The row `pk` as this worker's, counted as an attempt; None where it is not to be had.

        `take_over`: the broker says that the worker that held it is gone, so its lease need not be waited
        for. It says so too of one whose connection was cut: a process that is seen to live keeps its row.
        """
        now = timezone.now()
        free = Q(status=QUEUED)
        if take_over:
            holders = self.filter(pk=pk, status=RUNNING).values_list("worker", flat=True)
            # This process, which begins another task, has ended the one that it held the row for.
            gone = [name for name in holders if name == processes.own_name() or not processes.lives(name)]
            free |= Q(status=RUNNING, worker__in=gone)
        claimed = self.filter(free, pk=pk, attempt__lt=self._most).update(
            status=RUNNING,
            attempt=F("attempt") + 1,
            started=now,
            lease_until=now + lease,
            worker=processes.own_name(),
            **values,
        )
        return self.filter(pk=pk).first() if claimed else None

    def held_as(self, row: Row) -> Self:
        """The row, while it is still held by the attempt that `row` was claimed for; else nothing."""
        return self.filter(pk=row.pk, status=RUNNING, attempt=cast("Leased", row).attempt)

    def renew(self, *, lease: timedelta, **values: object) -> bool:
        """Hold the rows of this query for another `lease` (a heartbeat). False where none is held."""
        return bool(self.filter(status=RUNNING).update(lease_until=timezone.now() + lease, **values))

    def put_back(self, row: Row) -> bool:
        """Undo a claim that came to nothing through no fault of the row.

        The row waits again, and no attempt is counted.
        """
        return bool(
            self.held_as(row).update(
                status=QUEUED, attempt=F("attempt") - 1, lease_until=None, enqueued=timezone.now()
            )
        )

    def end_leases(self, rows: Iterable[Row]) -> int:
        """Let the next sweep put these rows back, each with its attempt counted: this worker has failed."""
        return sum(self.held_as(row).update(lease_until=timezone.now()) for row in rows)

    # --- What was lost on the way ---
    def lost(self, now: datetime, *, lease: timedelta) -> Self:
        """Rows whose worker fell silent, or has ended on this machine: its lease need not be waited for.

        Also those whose lease ends far in the future: it was given before the clock was set back.
        """
        held = self.filter(status=RUNNING)
        holders = held.order_by().values_list("worker", flat=True).distinct()
        gone = [name for name in holders if processes.lives(name) is False]
        return held.filter(Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * lease) | Q(worker__in=gone))

    def worn_out(self) -> Self:
        """Rows that have had all their attempts."""
        return self.filter(attempt__gte=self._most)

    def requeue(self, **values: object) -> int:
        """Put the rows of this query back into the queue.

        As if enqueued long ago, so that the next sweep wakes a worker for them.
        """
        long_ago = timezone.now() - timedelta(days=1)
        return self.update(status=QUEUED, lease_until=None, enqueued=long_ago, **values)

    def overdue(self, now: datetime) -> Self:
        """Rows that wait though a wake-up was sent more than a moment ago, those that wait longest first."""
        late = Q(enqueued__lt=now - WAKE_AFTER) | Q(enqueued__gt=now + WAKE_AFTER)
        return self.filter(status=QUEUED).filter(late).order_by("enqueued", "created")

    def wake_lost(self, now: datetime, *, queue: str, send: Callable[[Key], object]) -> int:
        """Send wake-ups anew where the broker's queue holds fewer messages than rows wait; returns how many.

        So a long queue that moves is left alone, its messages do not multiply, and what a broker lost is sent
        as soon as that is seen. Which rows lost theirs is not known: those that wait longest are woken.
        """
        late: LeaseQuerySet[Row] = self.overdue(now)
        if not late.exists() or (sent := messages(queue)) is None:
            return 0
        missing = min(self.filter(status=QUEUED).count() - sent, WAKE_AT_ONCE)
        return self.wake(late.values_list("pk", flat=True)[: max(0, missing)], now, send)

    def wake(self, pks: Iterable[Key], now: datetime, send: Callable[[Key], object]) -> int:
        """Send a wake-up for each of `pks` that still waits, and note the time. Returns how many."""
        with transaction.atomic():
            wanted = list(pks)
            waiting = set(self.filter(pk__in=wanted, status=QUEUED).values_list("pk", flat=True))
            self.filter(pk__in=waiting).update(enqueued=now)
            for pk in wanted:
                if pk in waiting:
                    send(pk)
        return len(waiting)
