"""The sweeper brings on photos that wait too long, and no others."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from celery import Celery, current_app
from django.utils import timezone

from classifier.answers import engine
from classifier.answers.identify import LEASE, identification_record, identification_run
from classifier.answers.sweep import identifications_sweep
from classifier.exceptions import ClassifierAway
from classifier.models import Identification
from core import processes, queue
from tests.classifier.conftest import answer, other_photo, send

pytestmark = pytest.mark.django_db
Status = Identification.Status


def test_without_a_model_photos_wait_and_no_attempt_is_counted(user, monkeypatch, wake_ups):
    def away():
        raise ClassifierAway("no bundle")

    monkeypatch.setattr(engine, "current", away)
    row = send(user)
    assert not identification_run(identification_id=row.pk)
    Identification.objects.update(enqueued=timezone.now() - timedelta(hours=1))
    assert identifications_sweep() == {"failed": 0, "requeued": 0, "woken": 0}
    row.refresh_from_db()
    assert (row.status, row.attempt) == (Status.QUEUED, 0)
    assert wake_ups == []


def test_the_sweeper_brings_on_what_is_stale_and_nothing_else(
    user, predictor, wake_ups, django_capture_on_commit_callbacks
):
    now = timezone.now()
    rows = {
        name: send(user, data=other_photo(i))
        for i, name in enumerate(["fresh", "lost wake-up", "held", "expired", "worn"])
    }

    def put(name, **changes):
        Identification.objects.filter(pk=rows[name].pk).update(**changes)

    put("lost wake-up", enqueued=now - timedelta(minutes=2))
    put("held", status="running", attempt=1, lease_until=now + timedelta(seconds=5))
    put("expired", status="running", attempt=1, lease_until=now - timedelta(seconds=5))
    put("worn", status="running", attempt=3, lease_until=now - timedelta(seconds=5))
    with django_capture_on_commit_callbacks(execute=True):
        counts = identifications_sweep(now=now)
    assert counts == {"failed": 1, "requeued": 1, "woken": 2}
    assert set(wake_ups) == {str(rows["lost wake-up"].pk), str(rows["expired"].pk)}
    states = {name: Identification.objects.get(pk=row.pk).status for name, row in rows.items()}
    assert states == {
        "fresh": "queued",
        "lost wake-up": "queued",
        "held": "running",
        "expired": "queued",
        "worn": "failed",
    }
    # A wake-up is on record: a second sweep a moment later has nothing to do.
    with django_capture_on_commit_callbacks(execute=True):
        assert identifications_sweep(now=now)["woken"] == 0


@pytest.fixture
def in_queue(settings) -> Iterator[Callable[[int], None]]:
    """Puts so many messages into the broker's queue of photos; it is empty before and after."""
    with current_app.connection_for_write() as connection:
        channel = connection.default_channel

        def put(count: int) -> None:
            for _ in range(count):
                current_app.send_task("classifier.tasks.identify", ["an-id"], queue="identify")

        put(1)
        channel.queue_purge("identify")
        yield put
        channel.queue_purge("identify")


@pytest.mark.parametrize(("sent", "woken"), [(4, 0), (9, 0), (3, 1), (1, 3), (0, 3)])
def test_so_many_are_woken_as_messages_are_missing_and_those_first_that_wait_longest(
    user, predictor, wake_ups, in_queue, django_capture_on_commit_callbacks, sent, woken
):
    """A long queue that moves is left alone, and its messages do not multiply."""
    now = timezone.now()
    rows = [send(user, data=other_photo(i)) for i in range(4)]
    for row, seconds in zip(rows, (20, 30, -3600, 0), strict=True):  # the third: the clock was set back since
        Identification.objects.filter(pk=row.pk).update(enqueued=now - timedelta(seconds=seconds))
    in_queue(sent)
    with django_capture_on_commit_callbacks(execute=True):
        assert identifications_sweep(now=now)["woken"] == woken
    assert wake_ups == [str(row.pk) for row in (rows[1], rows[0], rows[2])][:woken]


def test_nothing_is_woken_while_the_broker_does_not_say_what_it_has(user, predictor, wake_ups, monkeypatch):
    away = Celery(broker="redis://127.0.0.1:9/0", set_as_current=False)
    away.conf.broker_transport_options = {"socket_connect_timeout": 0.1}
    monkeypatch.setattr(queue, "current_app", away)
    send(user)
    Identification.objects.update(enqueued=timezone.now() - timedelta(hours=1))
    assert identifications_sweep() == {"failed": 0, "requeued": 0, "woken": 0}
    assert wake_ups == []


def test_photos_of_a_process_that_has_ended_go_back_at_once_and_those_of_one_that_lives_do_not(
    user, predictor, wake_ups, django_capture_on_commit_callbacks
):
    gone = subprocess.Popen(["sleep", "60"])
    names = [processes.name_of(gone.pid), processes.own_name(), "another-machine/1-2:3:4", ""]
    gone.kill()
    gone.wait()
    rows = [send(user, data=other_photo(i)) for i in range(len(names))]
    for row, name in zip(rows, names, strict=True):
        Identification.objects.claim(row.pk, lease=LEASE)
        Identification.objects.filter(pk=row.pk).update(worker=name)
    with django_capture_on_commit_callbacks(execute=True):
        assert identifications_sweep() == {"failed": 0, "requeued": 1, "woken": 1}
    assert wake_ups == [str(rows[0].pk)]


def test_a_photo_whose_worker_is_seen_to_live_is_not_taken_over_on_the_word_of_the_broker(user, predictor):
    """A broker takes a worker for dead whose connection was cut."""
    row = send(user)
    assert Identification.objects.claim(row.pk, lease=LEASE)
    Identification.objects.update(worker=processes.name_of(os.getppid()))
    assert not identification_run(identification_id=row.pk, redelivered=True)
    Identification.objects.update(worker="another-machine/1-2:3:4")
    assert identification_run(identification_id=row.pk, redelivered=True)


def test_a_message_that_came_twice_serves_the_photo_that_waits_longest(user, predictor):
    rows = [send(user, data=other_photo(i)) for i in range(3)]
    Identification.objects.filter(pk=rows[2].pk).update(enqueued=timezone.now() - timedelta(minutes=1))
    assert identification_run(identification_id=rows[0].pk) == 1
    assert identification_run(identification_id=rows[0].pk) == 1
    states = [Identification.objects.get(pk=row.pk).status for row in rows]
    assert states == [Status.DONE, Status.QUEUED, Status.DONE]


def test_lease_from_before_the_clock_was_set_back_is_over(user, predictor, version):
    row = send(user)
    held = Identification.objects.claim(row.pk, lease=LEASE)
    assert held
    now = timezone.now() - timedelta(hours=1)
    assert identifications_sweep(now=now)["requeued"] == 1
    assert not identification_record(row=held, answer=answer(), version_id=version.pk)


def test_a_photo_that_killed_its_last_worker_is_given_up_by_the_message_that_comes_back(user, predictor):
    row = send(user)
    gone = subprocess.Popen(["sleep", "60"])
    name = processes.name_of(gone.pid)
    gone.kill()
    gone.wait()
    Identification.objects.filter(pk=row.pk).update(
        status=Status.RUNNING, attempt=3, worker=name, lease_until=timezone.now() + LEASE
    )
    assert not identification_run(
        identification_id=row.pk
    )  # a message that came twice says nothing of its worker
    assert Identification.objects.get().status == Status.RUNNING
    assert not identification_run(identification_id=row.pk, redelivered=True)
    assert (Identification.objects.get().status, Identification.objects.get().failure) == (
        Status.FAILED,
        "worker_lost",
    )
