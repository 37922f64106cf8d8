"""The contract of leases.

Of two workers one gets a row, and no row is lost with its worker or its message.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from core import processes
from core.leases import WAKE_AFTER, LeaseQuerySet
from scraper.models import ScrapeRun

pytestmark = pytest.mark.django_db
LEASE = timedelta(minutes=2)
MOST = ScrapeRun.MAX_ATTEMPTS


def rows() -> LeaseQuerySet[ScrapeRun]:
    """Leases of a model that has them, without what that model adds."""
    return LeaseQuerySet(ScrapeRun)


def a_row(source: str = "one", **values: object) -> ScrapeRun:
    return ScrapeRun.objects.create(source=source, **values)


def ids(found: LeaseQuerySet[ScrapeRun]) -> set[int]:
    return set(found.values_list("pk", flat=True))


@pytest.fixture
def now() -> datetime:
    return timezone.now()


# --- One worker and its row ---------------------------------------------------------------------------------
def test_of_two_claims_one_wins() -> None:
    row = a_row()
    first = rows().claim(row.pk, lease=LEASE, pages=3)
    assert rows().claim(row.pk, lease=LEASE, pages=4) is None
    assert (first.status, first.attempt, first.pages) == ("running", 1, 3)
    assert first.worker == processes.own_name()
    assert timezone.now() < first.lease_until <= timezone.now() + LEASE
    assert first.started


def test_what_is_not_there_is_not_to_be_had() -> None:
    assert rows().claim(0, lease=LEASE) is None


def test_a_row_is_claimed_as_often_as_it_has_attempts() -> None:
    assert rows().claim(a_row("spent", attempt=MOST).pk, lease=LEASE) is None
    assert rows().claim(a_row("last", attempt=MOST - 1).pk, lease=LEASE).attempt == MOST


def test_a_row_is_taken_over_only_on_the_word_of_the_broker() -> None:
    first = rows().claim(a_row().pk, lease=LEASE)
    assert rows().claim(first.pk, lease=LEASE) is None
    second = rows().claim(first.pk, lease=LEASE, take_over=True)
    assert second.attempt == 2
    assert not rows().held_as(first).exists()
    assert rows().held_as(second).exists()


def test_a_heartbeat_holds_a_row_for_longer_and_writes_along_with_it() -> None:
    row = rows().claim(a_row().pk, lease=timedelta(0))
    assert rows().held_as(row).renew(lease=LEASE, pages=3)
    before, row = row, rows().get(pk=row.pk)
    assert row.lease_until >= before.lease_until + LEASE
    assert row.pages == 3


def test_who_lost_a_row_can_neither_hold_it_nor_put_it_back() -> None:
    lost = rows().claim(a_row().pk, lease=LEASE)
    rows().claim(lost.pk, lease=LEASE, take_over=True)
    assert not rows().held_as(lost).renew(lease=LEASE, pages=3)
    assert not rows().put_back(lost)
    kept = rows().get(pk=lost.pk)
    assert (kept.status, kept.attempt, kept.pages) == ("running", 2, 0)


def test_a_claim_that_is_put_back_counts_as_no_attempt() -> None:
    row = rows().claim(a_row().pk, lease=LEASE)
    assert rows().put_back(row)
    row.refresh_from_db()
    assert (row.status, row.attempt, row.lease_until) == ("queued", 0, None)
    assert rows().claim(row.pk, lease=LEASE).attempt == 1


# --- What was lost on the way -------------------------------------------------------------------------------
def test_rows_of_silent_workers_are_found_and_no_others(now: datetime) -> None:
    silent = a_row("silent", status="running", lease_until=now - timedelta(seconds=1))
    a_row("held", status="running", lease_until=now + LEASE)
    a_row("waiting", lease_until=now - LEASE)
    assert ids(rows().lost(now, lease=LEASE)) == {silent.pk}


def test_a_clock_that_was_set_back_holds_no_row_for_ever(now: datetime) -> None:
    running = a_row("running", status="running", lease_until=now + timedelta(days=1))
    waiting = a_row("waiting", enqueued=now + timedelta(days=1))
    assert ids(rows().lost(now, lease=LEASE)) == {running.pk}
    assert ids(rows().overdue(now)) == {waiting.pk}


def test_rows_that_had_all_their_attempts_are_told_apart() -> None:
    spent = a_row("spent", attempt=MOST)
    a_row("fresh", attempt=MOST - 1)
    assert ids(rows().worn_out()) == {spent.pk}


def test_a_row_that_is_queued_again_is_woken_by_the_next_sweep(now: datetime) -> None:
    row = rows().claim(a_row().pk, lease=LEASE)
    assert rows().requeue(pages=0) == 1
    row.refresh_from_db()
    assert (row.status, row.attempt, row.lease_until) == ("queued", 1, None)
    assert ids(rows().overdue(now)) == {row.pk}


def test_only_rows_that_have_waited_for_long_are_overdue(now: datetime) -> None:
    long_ago = a_row("long", enqueued=now - WAKE_AFTER - timedelta(seconds=1))
    a_row("just", enqueued=now)
    a_row("running", status="running", enqueued=now - 2 * WAKE_AFTER)
    assert ids(rows().overdue(now)) == {long_ago.pk}


def test_a_wake_up_is_sent_once_and_only_to_what_still_waits(now: datetime) -> None:
    waiting = a_row("waiting", enqueued=now - 2 * WAKE_AFTER)
    running = a_row("running", status="running")
    sent: list[int] = []
    assert rows().wake([waiting.pk, running.pk], now, sent.append) == 1
    assert sent == [waiting.pk]
    assert not rows().overdue(now).exists()


def test_wake_ups_are_sent_in_the_order_that_is_asked_for(now: datetime) -> None:
    first, second = a_row("first"), a_row("second")
    sent: list[int] = []
    rows().wake([second.pk, first.pk], now, sent.append)
    assert sent == [second.pk, first.pk]


def test_a_worker_that_fails_ends_its_own_leases_and_no_others(now: datetime) -> None:
    mine, lost = (rows().claim(a_row(name).pk, lease=LEASE) for name in ("mine", "lost"))
    rows().claim(lost.pk, lease=LEASE, take_over=True)
    assert rows().end_leases([mine, lost]) == 1
    assert ids(rows().lost(timezone.now(), lease=LEASE)) == {mine.pk}
