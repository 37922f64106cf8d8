"""No photo is lost and none is answered twice, whatever is killed, stopped or missing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from classifier.models import Identification
from tests.rows import Status, answered_once, grow_old, reached, row_of, send, send_held, sweep
from tests.services import Site, Visitor, paused, photo, wait_for


def test_photo_is_answered(site: Site, visitor: Visitor) -> None:
    row = send(visitor, 1)
    answered_once(row)
    assert row.attempt == 1
    assert row.model_version is not None
    assert row.model_version.name == "tiny"
    page = visitor.get(row.get_absolute_url())
    assert page.status == 200
    assert Visitor(site.url).get(row.get_absolute_url()).status == 404, "a stranger sees the photo's page"


def test_photo_whose_worker_process_is_killed_is_answered_once(site: Site, visitor: Visitor) -> None:
    held = send_held(site, visitor, 2)
    held.kill()
    held.give_back().unlink()
    answered_once(held.row)
    assert held.row.attempt == 2


def test_photo_that_kills_every_process_fails_while_others_are_answered(site: Site, visitor: Visitor) -> None:
    poison = send_held(site, visitor, 3)
    good = [send(visitor, seed) for seed in range(30, 40)]
    for attempt in range(1, Identification.MAX_ATTEMPTS + 1):
        poison.kill(attempt)
    for row in good:
        answered_once(row)
    wait_for(site.is_idle, what="the queue to drain")
    grow_old(poison.row)
    sweep(site)
    wait_for(lambda: reached(poison.row, Status.FAILED), what="the sweeper to give up")
    assert poison.row.failure == "worker_lost"
    assert not poison.row.predictions.exists()


def test_photo_of_a_worker_that_died_with_all_its_processes_is_answered_by_the_next(
    site: Site, visitor: Visitor
) -> None:
    held = send_held(site, visitor, 4)
    held.process()
    os.killpg(site.worker.pid, signal.SIGKILL)
    site.stop("worker")
    held.give_back().unlink()
    site.start_worker()
    grow_old(held.row)
    sweep(site)
    answered_once(held.row)
    assert held.row.attempt == 2


def test_no_photo_is_lost_while_workers_are_replaced(site: Site, visitor: Visitor) -> None:
    rows = [send(visitor, seed) for seed in range(50, 60)]
    site.stop("worker")
    rows += [send(visitor, seed) for seed in range(60, 65)]
    site.start_worker()
    for row in rows:
        answered_once(row)
        assert row.attempt == 1


def test_task_delivered_three_times_at_once_records_one_answer(site: Site, visitor: Visitor) -> None:
    with paused(site.worker.pid):
        row = send(visitor, 5)
        for _ in range(2):
            site.send_task("classifier.tasks.identify", str(row.pk), queue="identify")
    answered_once(row)
    wait_for(site.is_idle, what="the queue to drain")
    assert row.attempt == 1
    finished = row.finished
    row.refresh_from_db()
    assert row.finished == finished


@pytest.fixture
def fresh_web_server(site: Site) -> Iterator[None]:
    """A web server that has not met a Redis that is away before, and leaves none behind that has."""
    site.stop("web")
    site.start_web()
    yield
    site.stop("web")
    site.start_web()


@pytest.mark.usefixtures("fresh_web_server")
@pytest.mark.parametrize("how", ["stopped", "hangs"])
def test_uploads_while_redis_is_away_are_taken_soon_and_answered_later(
    site: Site, visitor: Visitor, how: str
) -> None:
    usual = visitor.upload(photo(5)).seconds
    if how == "stopped":
        site.stop("redis")
        answers = [visitor.upload(photo(seed)) for seed in (6, 7)]
        site.start_redis()
    else:
        with paused(site.redis.pid):
            answers = [visitor.upload(photo(seed)) for seed in (6, 7)]
    for answer in answers:
        assert answer.status == 202, answer.text
        assert answer.seconds <= usual + 2
        row = row_of(answer)
        assert row.is_waiting
        grow_old(row)
    sweep(site)
    for row in Identification.objects.all():
        answered_once(row)
    assert Identification.objects.count() == 3


def test_running_task_of_a_deleted_user_ends_cleanly(site: Site, visitor: Visitor) -> None:
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.create_user("gone@example.org", "correct horse battery staple")
    held = send_held(site, visitor, 8)
    Identification.objects.filter(pk=held.row.pk).update(owner=user, guest_key="")
    held.process()
    said_before = len(site.log("worker"))
    user.delete()
    held.let_go()
    wait_for(site.is_idle, what="the task to end")
    assert "Traceback" not in site.log("worker")[said_before:]
    assert not Identification.objects.filter(pk=held.row.pk).exists()
    answered_once(send(visitor, 9))


def test_photos_wait_while_the_model_is_missing_and_are_answered_when_it_is_back(
    site: Site, visitor: Visitor
) -> None:
    bundle = site.bundle
    away = bundle.with_name("away")
    bundle.rename(away)
    try:
        row = send(visitor, 10)
        wait_for(site.is_idle, what="the worker to notice")
        assert reached(row, Status.QUEUED)
        assert row.attempt == 0
        page = visitor.get(row.get_absolute_url())
        assert page.status == 200
        assert "unavailable" in page.text
        assert "unavailable" in visitor.get("/").text
    finally:
        away.rename(bundle)
    grow_old(row)
    sweep(site)
    answered_once(row)
    assert row.attempt == 1
    assert "unavailable" not in visitor.get(row.get_absolute_url()).text
