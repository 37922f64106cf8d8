"""The numbers that keep photos from being lost or doubled stand in the right order to each other."""

from __future__ import annotations

import pytest
from django.conf import settings

from classifier.answers.identify import LEASE
from classifier.models import Identification
from classifier.tasks import expire_guest_photos, identify, sweep
from core.leases import WAKE_AFTER


def test_broker_gives_back_what_a_dead_worker_had_and_later_than_any_task_may_take():
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    # A photo that is looked at when the broker goes is answered: it must not cost one of its attempts.
    assert not settings.CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert identify.acks_late
    assert identify.reject_on_worker_lost
    visible_again = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT < visible_again == 600


def test_only_json_is_taken_and_nothing_is_kept_of_results():
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_SERIALIZER == "json"
    assert settings.CELERY_TASK_IGNORE_RESULT


def test_hanging_worker_is_gone_before_its_lease_is():
    assert identify.soft_time_limit < identify.time_limit < LEASE.total_seconds()


def test_worker_process_has_time_to_load_a_model_before_it_is_taken_for_dead():
    from carsite.celery import app

    assert app.conf.worker_proc_alive_timeout >= 60


def test_photo_waits_twenty_seconds_at_most_for_a_wake_up_and_a_minute_for_a_machine_that_is_gone():
    every = settings.CELERY_BEAT_SCHEDULE["sweep-identifications"]
    assert every["task"] == sweep.name
    assert LEASE.total_seconds() + every["schedule"] <= 60
    assert WAKE_AFTER.total_seconds() + every["schedule"] <= 20
    assert Identification.MAX_ATTEMPTS == 3


def test_whatever_is_swept_by_the_clock_is_swept_too_when_a_worker_finds_its_way_to_the_broker():
    tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert set(settings.SWEEPS) <= tasks
    assert {name for name in tasks if "sweep" in name} == set(settings.SWEEPS)


def test_a_broker_that_is_away_is_asked_for_every_two_seconds_and_for_ever():
    from carsite.celery import RECONNECT_SECONDS, app

    assert RECONNECT_SECONDS <= 2
    assert app.conf.broker_connection_max_retries is None
    waits: list[float] = []

    def note(error: Exception, wait: float) -> None:
        waits.append(wait)
        if len(waits) == 8:
            raise KeyboardInterrupt

    with app.connection_for_write("redis://127.0.0.1:9/0") as connection, pytest.raises(KeyboardInterrupt):
        connection.ensure_connection(note, interval_start=0.01, interval_step=0.01)
    assert max(waits) <= RECONNECT_SECONDS


def test_upload_does_not_wait_for_a_broker_that_is_away():
    from carsite.celery import ENQUEUE_SECONDS

    assert settings.CELERY_TASK_PUBLISH_RETRY is False
    assert ENQUEUE_SECONDS < 2


def test_what_must_run_by_the_clock_does():
    tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {sweep.name, expire_guest_photos.name, "carsite.tasks.remove_orphans"} <= tasks
    assert settings.CELERY_BEAT_SCHEDULER == "carsite.beat:SteadyScheduler"
