"""Worker, queue and clock break in every way; each photo is still answered, and once."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator

import pytest

from classifier.models import Identification
from tests.faults import poison
from tests.faults.site import FaultySite
from tests.rows import (
    Status,
    answered_once,
    feed,
    files,
    files_of_rows,
    grow_old,
    reached,
    row_of,
    send,
    send_held,
    sweep,
)
from tests.services import Visitor, paused, photo, wait_for

HOUR = 3600
#: From the end of a fault to the answer, on a machine that has other things to do too.
SOON = 30.0


@pytest.mark.parametrize("seed", range(100, 103))
def test_photo_of_a_killed_process_is_answered_by_another_at_once(
    site: FaultySite, visitor: Visitor, seed: int
) -> None:
    """Without the sweeper, who would have to wait for the lease."""
    held = send_held(site, visitor, seed)
    held.kill()
    held.give_back().unlink()
    answered_once(held.row)
    assert held.row.attempt == 2
    assert files(site) == files_of_rows()


@pytest.mark.parametrize("seed", range(110, 112))
def test_photo_of_a_killed_worker_is_answered_by_the_next(
    site: FaultySite, visitor: Visitor, seed: int
) -> None:
    held = send_held(site, visitor, seed)
    held.process()
    waiting = [send(visitor, seed + 1000 + i) for i in range(3)]
    site.kill("worker")
    held.give_back().unlink()
    site.start_worker()
    # It sees that the process that held the photo is gone: neither the lease nor beat is waited for.
    for row in (held.row, *waiting):
        answered_once(row, seconds=SOON)
    assert held.row.attempt == 2


@pytest.fixture
def beating(site: FaultySite) -> Iterator[None]:
    """With Celery's clock, as a site has it."""
    site.start_beat()
    yield
    site.stop("beat")


@pytest.mark.usefixtures("beating")
@pytest.mark.parametrize("file", ["kept", "lost"])
def test_photos_outlive_a_redis_that_is_killed(site: FaultySite, visitor: Visitor, file: str) -> None:
    """Redis writes its file every second, and the worker may hold a message that it has no use for any more."""
    with paused(site.worker.pid):
        rows = [send(visitor, seed) for seed in range(120, 124)]
        site.kill("redis")
        if file == "lost":
            shutil.rmtree(site.var / "redis")
    time.sleep(8)  # by now the worker has tried in vain more than once
    site.start_redis()
    for row in rows:
        answered_once(row, seconds=SOON)


@pytest.mark.usefixtures("beating")
def test_photos_outlive_a_redis_that_hangs_for_a_while(site: FaultySite, visitor: Visitor) -> None:
    with paused(site.redis.pid):
        rows = [send(visitor, seed) for seed in range(124, 127)]
        time.sleep(8)  # longer than any connection waits
    for row in rows:
        answered_once(row, seconds=SOON)


@pytest.mark.usefixtures("beating")
def test_photos_whose_messages_are_lost_while_nothing_else_breaks_are_answered_soon(
    site: FaultySite, visitor: Visitor
) -> None:
    with paused(site.worker.pid):
        rows = [send(visitor, seed) for seed in range(127, 130)]
        site.drop_messages()
    for row in rows:
        answered_once(row, seconds=SOON)


def test_photos_that_come_while_web_processes_still_pause_wait_for_no_clock(
    site: FaultySite, visitor: Visitor
) -> None:
    """A web process that found the broker away spares itself the next few wake-ups; the worker may be back before that."""
    site.kill("redis")
    first = [send(visitor, seed) for seed in range(130, 134)]
    site.start_redis()
    for row in first:
        answered_once(row, seconds=SOON)
    for row in [send(visitor, seed) for seed in range(134, 138)]:
        answered_once(row, seconds=SOON)


def test_photo_that_is_looked_at_while_redis_is_killed_costs_no_attempt(
    site: FaultySite, visitor: Visitor
) -> None:
    held = send_held(site, visitor, 165)
    held.process()
    site.kill("redis")
    time.sleep(2)
    site.start_redis()
    held.let_go()
    answered_once(held.row, seconds=SOON)
    assert held.row.attempt == 1


def test_photo_that_kills_its_worker_fails_after_three_attempts_and_holds_up_no_other(
    site: FaultySite, visitor: Visitor
) -> None:
    deadly = row_of(visitor.upload(photo(130, size=(poison.WIDTH, 200))))
    good = [send(visitor, seed) for seed in range(131, 151)]
    for row in good:
        answered_once(row)
    # The process that gets its message for a fourth time gives it up: no lease is waited for, and no sweeper.
    wait_for(lambda: reached(deadly, Status.FAILED), what="the end of its attempts")
    assert (deadly.failure, deadly.attempt) == ("worker_lost", Identification.MAX_ATTEMPTS)
    assert not deadly.predictions.exists()
    assert "interrupted three times" in visitor.get(deadly.get_absolute_url()).text


def test_late_worker_can_not_turn_an_answer_into_a_failure(site: FaultySite, visitor: Visitor) -> None:
    held = send_held(site, visitor, 160)
    held.process()
    pipe = held.give_back()
    grow_old(held.row)
    sweep(site)
    answered_once(held.row)
    finished, attempt = held.row.finished, held.row.attempt
    assert attempt == 2
    feed(pipe, b"no photo at all")  # the first worker goes on, and finds that the photo can't be read
    for _ in range(2):
        site.send_task("classifier.tasks.identify", str(held.row.pk), queue="identify")
    wait_for(site.is_idle, what="the late worker to end")
    answered_once(held.row)
    assert (held.row.finished, held.row.attempt) == (finished, attempt)


def test_photo_that_is_being_looked_at_is_not_taken_by_the_same_task_again(
    site: FaultySite, visitor: Visitor
) -> None:
    held = send_held(site, visitor, 161)
    held.process()
    for _ in range(3):
        site.send_task("classifier.tasks.identify", str(held.row.pk), queue="identify")
    wait_for(lambda: len(site.active()) == 1, what="the doubles to end")
    assert reached(held.row, Status.RUNNING)
    held.let_go()
    answered_once(held.row)
    assert held.row.attempt == 1


def test_no_upload_fails_and_none_is_lost_while_everything_is_restarted(site: FaultySite) -> None:
    """As a deployment does it: a new worker beside the old one, which ends its work; the web server reloads."""
    answers: list[Identification] = []
    errors: list[str] = []

    def person(number: int) -> None:
        me = Visitor(site.url)
        for i in range(10):
            answer = me.upload(photo(1000 + 10 * number + i))
            if answer.status != 202:
                errors.append(answer.text)
            else:
                answers.append(answer.json()["url"].split("/")[-2])

    people = [threading.Thread(target=person, args=(number,)) for number in range(5)]
    for thread in people:
        thread.start()
    site.start_spare_worker()
    site.stop("worker")
    site.reload_web()
    site.start_worker()
    site.stop("spare worker")
    for thread in people:
        thread.join(300)
        assert not thread.is_alive(), "a person still waits for the site"
    assert errors == []
    assert len(set(answers)) == 50
    for row in Identification.objects.filter(pk__in=answers):
        answered_once(row)
        assert row.attempt == 1


@pytest.fixture
def jumping_clock(site: FaultySite) -> Iterator[FaultySite]:
    """A site whose clock can jump."""
    if not site.clock.jumps:
        pytest.skip("there is no C compiler to make a clock that jumps")
    yield site
    site.clock.write(0)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_clock_that_jumps_neither_loses_a_photo_nor_answers_one_twice(
    jumping_clock: FaultySite, visitor: Visitor, jump: int
) -> None:
    site = jumping_clock
    held = send_held(site, visitor, 170)
    held.process()
    site.kill("worker")
    unwoken = send(visitor, 171)
    site.drop_messages()
    held.give_back().unlink()
    site.clock.write(jump)  # set back, the lease and the wake-up have times that are still to come
    site.start_worker()
    sweep(site)
    answered_once(held.row)
    answered_once(unwoken)
    assert (held.row.attempt, unwoken.attempt) == (2, 1)


def test_clock_that_jumps_forward_takes_a_photo_from_a_worker_that_lives_and_answers_it_once(
    jumping_clock: FaultySite, visitor: Visitor
) -> None:
    site = jumping_clock
    held = send_held(site, visitor, 172)
    held.process()
    pipe = held.give_back()
    site.clock.write(HOUR)
    sweep(site)
    answered_once(held.row)
    finished = held.row.finished
    feed(pipe, held.content)
    site.clock.write(0)
    wait_for(site.is_idle, what="the first worker to end")
    answered_once(held.row)
    assert (held.row.attempt, held.row.finished) == (2, finished)
