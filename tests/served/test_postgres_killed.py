"""PostgreSQL is killed at any moment of a photo's way: each photo that was taken is answered once."""

from __future__ import annotations

import contextlib
import random

import pytest
from django.db import connection

from classifier.models import Identification
from tests.rows import Status, answered_once, grow_old, reached, row_of, send, sweep
from tests.servers import Postgres
from tests.servers.site import ServedSite
from tests.services import Visitor, paused, photo, wait_for


def kill(postgres: Postgres) -> None:
    """Kill it, and forget the test's own connection."""
    postgres.kill()
    connection.close()


def brought_on(site: ServedSite, visitor: Visitor, rows: list[Identification]) -> None:
    """Every row is answered once the database is back and the sweeper comes; the site works as before."""
    wait_for(site.is_idle, what="the worker to notice")
    grow_old(*rows)
    sweep(site)
    for row in rows:
        answered_once(row)
        assert row.attempt <= 2
    answered_once(send(visitor, random.randrange(10**6, 10**7)))


def test_photos_whose_bells_ring_while_the_database_is_away_are_answered_later(
    site: ServedSite, visitor: Visitor, postgres: Postgres
) -> None:
    with paused(site.worker.pid):
        rows = [send(visitor, 300 + i) for i in range(4)]
        kill(postgres)
    wait_for(lambda: "OperationalError" in site.log("worker"), what="the worker to miss its database")
    postgres.start()
    brought_on(site, visitor, rows)


@pytest.mark.parametrize(
    ("table", "status"),
    [("classifier_identification", Status.QUEUED), ("classifier_prediction", Status.RUNNING)],
    ids=["being taken", "being answered"],
)
def test_photos_in_a_workers_hands_when_the_database_is_killed_are_answered_once(
    site: ServedSite, visitor: Visitor, postgres: Postgres, table: str, status: str
) -> None:
    with contextlib.ExitStack() as holding:
        with paused(site.worker.pid):
            rows = [send(visitor, 310 + i) for i in range(3)]
            waits = holding.enter_context(postgres.locked(table))
        wait_for(waits, what=f"the worker to write to {table}")
        assert any(reached(row, status) for row in rows)
        kill(postgres)
    postgres.start()
    brought_on(site, visitor, rows)


@pytest.mark.parametrize("count", [3, 10])
def test_no_photo_is_lost_when_the_database_is_killed_after_the_first_answer(
    site: ServedSite, visitor: Visitor, postgres: Postgres, count: int
) -> None:
    rows = [send(visitor, 320 + i) for i in range(count)]
    wait_for(Identification.objects.filter(status=Status.DONE).exists, what="the first answer")
    kill(postgres)
    postgres.start()
    brought_on(site, visitor, rows)


def test_upload_while_the_database_is_away_says_so_and_works_when_it_is_back(
    site: ServedSite, visitor: Visitor, postgres: Postgres
) -> None:
    known = send(visitor, 350)
    answered_once(known)
    kill(postgres)
    answer = visitor.upload(photo(351))
    postgres.start()
    assert answer.status == 503
    assert row_of(visitor.upload(photo(350))) == known
    answered_once(row_of(visitor.upload(photo(351))))
    assert Identification.objects.count() == 2
