"""Models change under real workers: no photo is lost or waits, and a training run outlives its process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.utils import timezone
from pytest_django import Settings

from catalog.models import CarModel, Make, Variant
from classifier.models import DatasetVersion, Identification, ModelOutput, ModelVersion, TrainingRun
from classifier.training import backfill, registry, runs, steps
from tests.classifier.bundles import stock
from tests.classifier.workshop import base_photos, recipe_file, untrained_bundle
from tests.ml.conftest import CLASSES
from tests.ml.tiny import TINY_LABELS, write_tiny_bundle
from tests.rows import answered_once, send
from tests.services import Site, Visitor, wait_for


@pytest.fixture
def cars(site: Site, settings: Settings) -> Iterator[None]:
    """The cars of all bundles here, and afterwards the site as it was: no cars, and the model that ships answers."""
    settings.VAR_DIR = site.var
    settings.MODEL_BUNDLE = site.bundle
    stock(tuple(dict.fromkeys((*TINY_LABELS, *CLASSES))))
    yield
    wait_for(site.is_idle, what="an idle worker")
    Identification.objects.all().delete()
    TrainingRun.objects.all().delete()
    DatasetVersion.objects.all().delete()
    ModelVersion.objects.exclude(folder="").delete()
    ModelVersion.objects.filter(folder="").update(state="active")
    for model in (Variant, CarModel, Make):
        model.objects.all().delete()


def active() -> ModelVersion | None:
    return ModelVersion.objects.active()


def test_no_photo_is_lost_while_a_model_is_promoted_and_rolled_back_under_running_workers(
    site: Site, visitor: Visitor, cars: None, tmp_path: Path
) -> None:
    before = [send(visitor, seed) for seed in range(100, 105)]
    answered_once(before[0])
    shipped = active()
    assert shipped is not None
    processes = psutil.Process(site.worker.pid).children()
    second, _ = registry.version_add(path=write_tiny_bundle(tmp_path / "second", version="second").path)
    before += [send(visitor, seed) for seed in range(105, 108)]
    registry.version_promote(version=second, seen=shipped.pk)
    after = [send(visitor, seed) for seed in range(108, 114)]
    for row in [*before, *after]:
        answered_once(row)
        assert row.attempt == 1
    assert {row.model_version for row in after} == {second}
    registry.version_roll_back(seen=second.pk)
    last = send(visitor, 114)
    answered_once(last)
    assert last.model_version == shipped
    assert psutil.Process(site.worker.pid).children() == processes, "a worker process was restarted"


def test_shadow_and_newer_model_look_again_in_real_workers_while_answers_stand(
    site: Site, visitor: Visitor, cars: None, tmp_path: Path
) -> None:
    answered_once(send(visitor, 130))
    shipped = active()
    assert shipped is not None
    second, _ = registry.version_add(path=write_tiny_bundle(tmp_path / "second", version="second").path)
    registry.shadow_start(version=second)
    rows = [send(visitor, seed) for seed in range(131, 134)]
    for row in rows:
        answered_once(row)
        assert row.model_version == shipped
    site.send_task("classifier.tasks.look_again")
    read = ModelOutput.objects.of_shadow(second).filter(failure="")
    wait_for(lambda: read.count() == len(rows), what="the shadow's readings")
    registry.version_promote(version=second, seen=shipped.pk)
    assert backfill.identifications_reidentify(rows=Identification.objects.all()) == 4
    site.send_task("classifier.tasks.look_again")
    again = Identification.objects.filter(model_version=second, look_again=None)
    wait_for(lambda: again.count() == 4, what="the newer model's answers")
    assert ModelOutput.objects.past().filter(model_version=shipped).count() == 4
    for row in rows:
        answered_once(row)
    page = visitor.get(rows[0].get_absolute_url()).text
    assert "identified by model tiny second" in page
    assert f"model {shipped}" in page


def ready_to_train(folder: Path, *, epochs: int) -> Path:
    """Make a model active that can be trained on in seconds; the recipe for it."""
    shipped = active()
    assert shipped is not None
    base, _ = registry.version_add(path=untrained_bundle(folder / "untrained").path)
    registry.version_promote(version=base, seen=shipped.pk)
    return recipe_file(folder / "retrain.toml", base_photos(folder / "cars"), epochs=epochs)


def test_training_run_in_a_real_worker_is_cancelled_within_seconds(
    site: Site, visitor: Visitor, cars: None, settings: Settings, tmp_path: Path
) -> None:
    answered_once(send(visitor, 140))
    settings.RETRAIN_RECIPE = ready_to_train(tmp_path, epochs=500)
    site.start_trainer()
    try:
        run = runs.run_start(enqueue=False)
        site.send_task("classifier.tasks.retrain", run.pk, queue="train")
        folder = steps.run_folder(run.pk)
        wait_for((folder / "run" / "checkpoints" / "last.ckpt").exists, seconds=120, what="the first epoch")
        runs.run_cancel(run=run)

        def cancelled() -> bool:
            run.refresh_from_db()
            return run.status == TrainingRun.Status.CANCELLED and not folder.exists()

        wait_for(cancelled, seconds=30, what="the run to stop")
        assert run.step.startswith("Training: ")
    finally:
        site.stop("trainer")


def test_training_run_whose_process_is_killed_goes_on_and_keeps_no_photo_waiting(
    site: Site, visitor: Visitor, cars: None, settings: Settings, tmp_path: Path
) -> None:
    answered_once(send(visitor, 120))
    settings.RETRAIN_RECIPE = ready_to_train(tmp_path, epochs=25)
    base = active()
    assert base is not None
    site.start_trainer()
    run = runs.run_start(enqueue=False)
    site.send_task("classifier.tasks.retrain", run.pk, queue="train")
    checkpoint = steps.run_folder(run.pk) / "run" / "checkpoints" / "last.ckpt"
    wait_for(checkpoint.exists, seconds=120, what="the first epoch")
    answered_once(send(visitor, 121))
    child = max(psutil.Process(site.trainer.pid).children(), key=lambda process: process.nice())
    assert child.nice() > psutil.Process(site.worker.pid).nice(), "visitors come first"
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: not child.is_running(), what="the process to end")
    run.refresh_from_db()
    assert run.status == TrainingRun.Status.RUNNING, "it ended before it could be killed"
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    site.send_task("classifier.tasks.sweep_runs")

    def ended() -> bool:
        run.refresh_from_db()
        return not run.is_open

    wait_for(ended, seconds=240, what="the end of the run")
    assert (run.status, run.failure, run.attempt) == ("done", "", 2)
    assert run.candidate is not None
    assert run.candidate.state == "candidate"
    assert "estor" in site.log("trainer"), "the second attempt restored a checkpoint"
    assert active() == base
    site.stop("trainer")
