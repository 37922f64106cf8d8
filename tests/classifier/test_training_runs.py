"""Training runs: one at a time, cancelled at any moment, killed and gone on with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from classifier.exceptions import TrainingRefused
from classifier.models import TrainingRun
from classifier.training import runs, steps
from tests.classifier.workshop import worked

pytestmark = pytest.mark.django_db(transaction=True)
Status = TrainingRun.Status


def silent_for_long(run: TrainingRun) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_second_run_is_refused_while_one_is_under_way(workshop: Path, trainer_calls: list[int]) -> None:
    run = runs.run_start()
    assert trainer_calls == [run.pk]
    with pytest.raises(TrainingRefused, match=f"Training run {run.pk} is in progress"):
        runs.run_start()
    runs.run_cancel(run=run)
    assert runs.run_start().pk != run.pk


def test_waiting_run_is_cancelled_at_once(workshop: Path) -> None:
    run = runs.run_start()
    runs.run_cancel(run=run)
    run.refresh_from_db()
    assert run.status == Status.CANCELLED
    assert not runs.run_work(run_id=run.pk)
    with pytest.raises(TrainingRefused, match="has ended already"):
        runs.run_cancel(run=run)


def test_running_run_is_stopped_in_the_middle_of_its_work(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long_work(run: TrainingRun, watch: steps.Watch) -> None:
        steps.run_folder(run.pk).mkdir(parents=True)
        threading.Thread(target=cancel, args=(run,)).start()
        threading.Event().wait(60)  # the signal of the watch ends it
        raise AssertionError("it was never stopped")

    def cancel(run: TrainingRun) -> None:
        try:
            runs.run_cancel(run=TrainingRun.objects.get(pk=run.pk))
        finally:
            connection.close()

    monkeypatch.setattr(steps, "work", long_work)
    started = time.monotonic()
    run = worked(runs.run_start())
    assert run.status == Status.CANCELLED
    assert time.monotonic() - started < 30
    assert not steps.run_folder(run.pk).exists()


def test_killed_run_goes_on_where_it_was(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, trainer_calls: list[int]
) -> None:
    class Killed(BaseException):
        """As if the process had ended."""

    def die(*_: object) -> None:
        raise Killed

    run = runs.run_start()
    with monkeypatch.context() as patch:
        patch.setattr(steps, "export_candidate", die)
        with pytest.raises(Killed):
            runs.run_work(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == Status.RUNNING
    assert not runs.run_work(run_id=run.pk), "another worker's lease still holds"
    weights = steps.run_folder(run.pk) / "run" / "model.pt"
    made = weights.stat().st_mtime_ns
    silent_for_long(run)
    assert runs.runs_sweep() == {"cancelled": 0, "failed": 0, "requeued": 1, "woken": 1}
    assert trainer_calls == [run.pk, run.pk]
    seen: list[int] = []
    real: Callable[..., None] = steps.export_candidate

    def export(*args: object) -> None:
        seen.append(weights.stat().st_mtime_ns)
        real(*args)

    monkeypatch.setattr(steps, "export_candidate", export)
    assert worked(run).status == Status.DONE
    assert seen == [made], "it trained again"
    assert run.attempt == 2


def test_run_that_is_killed_again_and_again_is_given_up(workshop: Path) -> None:
    run = runs.run_start()
    TrainingRun.objects.filter(pk=run.pk).update(
        status=Status.RUNNING, attempt=TrainingRun.MAX_ATTEMPTS, lease_until=timezone.now()
    )
    silent_for_long(run)
    assert runs.runs_sweep()["failed"] == 1
    run.refresh_from_db()
    assert run.status == Status.FAILED
    assert "may lack memory" in run.failure
    assert runs.run_start()


def test_run_that_was_taken_over_writes_no_more(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(run: TrainingRun, watch: steps.Watch) -> None:
        TrainingRun.objects.filter(pk=run.pk).update(attempt=7)
        watch.step("I am late", 0.5)

    monkeypatch.setattr(steps, "work", work)
    run = runs.run_start()
    assert not runs.run_work(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.attempt, run.step) == (Status.RUNNING, 7, "Starting")


def test_run_says_how_many_epochs_are_done(tmp_path: Path) -> None:
    assert steps.epochs_done(tmp_path) == 0
    for number, epochs in enumerate(([0, 1], [2])):
        log = tmp_path / "log" / f"version_{number}"
        log.mkdir(parents=True)
        lines = "".join(f"{epoch},0.5,\n{epoch},,0.4\n" for epoch in epochs)
        (log / "metrics.csv").write_text("epoch,train_loss,val_loss\n" + lines)
    assert steps.epochs_done(tmp_path) == 3
