"""Celery's clock goes on when the machine's own is set back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import ModelEntry
from kombu.utils.imports import symbol_by_name

from carsite.celery import app

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def task(db: None) -> PeriodicTask:
    """Every 15 seconds, last at noon."""
    every = IntervalSchedule.objects.create(every=15, period=IntervalSchedule.SECONDS)
    return PeriodicTask.objects.create(name="sweep", task="sweep", interval=every, last_run_at=NOON)


@pytest.mark.parametrize(("seconds", "is_due"), [(5, False), (20, True), (3600, True)])
def test_entry_is_due_after_its_time(task, seconds, is_due):
    entry = symbol_by_name(settings.CELERY_BEAT_SCHEDULER).Entry(task, app=app)
    with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
        assert entry.is_due().is_due == is_due


def test_clock_set_back_by_an_hour_delays_an_entry_by_one_interval_at_most(task):
    entry = symbol_by_name(settings.CELERY_BEAT_SCHEDULER).Entry(task, app=app)
    with time_machine.travel(NOON - timedelta(hours=1), tick=False) as clock:
        assert entry.is_due().next <= 15
        clock.shift(16)
        assert entry.is_due().is_due
        plain = ModelEntry(PeriodicTask.objects.get(), app=app)
        assert plain.is_due().next > 3000, (
            "Celery's own waits the hour out: this test proves nothing any more"
        )


@pytest.mark.django_db
def test_what_ran_while_the_clock_was_ahead_runs_on_time_once_it_is_set_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of the site's own schedule: a sweep every 10 seconds among tasks of minutes, hours and days."""
    ran: list[str] = []
    monkeypatch.setattr("django_celery_beat.schedulers.close_old_connections", lambda: None)  # the test's own
    scheduler = symbol_by_name(settings.CELERY_BEAT_SCHEDULER)(app=app)
    monkeypatch.setattr(scheduler, "apply_entry", lambda entry, producer=None: ran.append(entry.task))
    started = time.monotonic()

    def pass_time(seconds: int) -> None:
        """So many seconds pass, by every clock."""
        for _ in range(seconds):
            clock.shift(1)
            passed[0] += 1
            for _ in range(30):
                scheduler.tick()

    passed = [0]
    monkeypatch.setattr("time.monotonic", lambda: started + passed[0])
    with time_machine.travel(NOON, tick=False) as clock:
        pass_time(20)
        ran.clear()
        clock.shift(3600)
        while "classifier.tasks.sweep" not in ran:  # and not all that is due by then
            scheduler.tick()
        clock.shift(-3600)
        ran.clear()
        pass_time(20)
    assert "classifier.tasks.sweep" in ran
