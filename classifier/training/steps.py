"""The steps of a training run, and the watch that keeps its row up to date meanwhile.

Each step leaves its result in the run's folder and is skipped where that is there, so a run that was killed
goes on.
"""

from __future__ import annotations

import contextlib
import csv
import logging
import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

from classifier.exceptions import TrainingRefused
from classifier.models import DatasetVersion, ModelVersion, TrainingRun
from classifier.training import datasets, registry
from ml import packages
from ml.bundle.bundle import Bundle, Label, read_bundle
from ml.data.manifests import Row, digest, write_manifest
from ml.exceptions import BundleError
from ml.recipes import Recipe, ReleaseNotes, read_recipe
from ml.training.run_log import figures_by_epoch

if TYPE_CHECKING:
    from ml.data.photo_table import Photo

logger = logging.getLogger(__name__)
#: Seconds between two heartbeats of a run.
PULSE = 2.0


class Cancelled(BaseException):
    """The run was cancelled. Not an Exception: nothing that a library catches may swallow it."""


class Lost(BaseException):
    """The run is another worker's by now."""


def run_folder(run_id: int) -> Path:
    """Where a run keeps its photos, checkpoints and results until it ends."""
    return settings.VAR_DIR / "training" / str(run_id)


def clear(run_id: int) -> None:
    """Remove all that a run left behind, copies of photos above all."""
    shutil.rmtree(run_folder(run_id), ignore_errors=True)


class Watch:
    """Beside a run: renews its lease, records how far it is, and stops it where it was cancelled.

    The main thread is stopped by a signal, since it may be deep in a library; in any other thread only `step`
    stops it.
    """

    def __init__(self, run: TrainingRun, *, lease: timedelta) -> None:
        self._mine = TrainingRun.objects.held_as(run)
        self._lease = lease
        self._ended = threading.Event()
        self._stop: type[BaseException] | None = None
        self._epochs: tuple[Path, int, float, float] | None = None
        self._is_main = threading.current_thread() is threading.main_thread()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        if self._is_main:
            self._before = signal.signal(signal.SIGUSR1, self._interrupt)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()
        if self._is_main:
            signal.signal(signal.SIGUSR1, self._before)

    def step(self, words: str, progress: float) -> None:
        """Say what comes next, and how far the run is (0 to 1).

        Raises Cancelled or Lost where it should not come.
        """
        self._epochs = None
        if not self._mine.renew(lease=self._lease, step=words, progress=progress):
            raise Lost
        if self._mine.filter(cancel_requested=True).exists():
            raise Cancelled

    def epochs(self, run: Path, count: int, *, start: float, end: float) -> None:
        """From now on the progress is read off the log of a training of `count` epochs in folder `run`."""
        self._epochs = (run, count, start, end)

    def _interrupt(self, *_: object) -> None:
        if self._stop and not self._ended.is_set():
            raise self._stop

    def _watch(self) -> None:
        try:
            while not self._ended.wait(PULSE):
                with contextlib.suppress(Exception):  # a database that is away for a moment ends no training
                    self._heartbeat()
        finally:
            connections.close_all()

    def _heartbeat(self) -> None:
        values: dict[str, object] = {}
        if self._epochs:
            run, count, start, end = self._epochs
            done = epochs_done(run)
            values["step"] = f"Training: {min(done, count)} of {count} epochs"
            values["progress"] = start + (end - start) * min(1.0, done / max(1, count))
        if not self._mine.renew(lease=self._lease, **values):
            self._end(Lost)
        elif self._mine.filter(cancel_requested=True).exists():
            self._end(Cancelled)

    def _end(self, why: type[BaseException]) -> None:
        self._stop = why
        if self._is_main and not self._ended.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)


def epochs_done(run: Path) -> int:
    """How many epochs a training has finished, over all its starts."""
    return max(figures_by_epoch(run).get("val_loss", [0]))


# --- The steps ----------------------------------------------------------------------------------------------
def work(run: TrainingRun, watch: Watch) -> None:
    """All steps of a run. Raises MlError or ClassifierError with the reason where one fails."""
    recipe = read_recipe(run.recipe)
    if run.base is None:
        raise TrainingRefused("The model that this run started from is gone. Start another run.")
    base = registry.bundle_checked(run.base)
    if not run.only_dataset:
        packages.install(lambda words: watch.step(words, 0.0))
    watch.step("Collecting photos", 0.01)
    dataset = _dataset(run, recipe, base)
    if run.only_dataset:
        return
    folder = run_folder(run.pk)
    watch.step("Copying photos", 0.04)
    manifest = _gather(dataset, base, folder)
    bundle = folder / "bundle"
    if not _is_bundle(bundle):
        train_candidate(recipe, base, manifest, folder, watch)
        watch.step("Measuring the new model", 0.75)
        export_candidate(run, dataset, base, folder, bundle)
    watch.step("Comparing it with the model it started from", 0.9)
    report = _compare(run.base, base, bundle, manifest) | {"dataset": dataset.number, "run": run.pk}
    watch.step("Registering it", 0.98)
    candidate, _ = registry.version_add(path=bundle, actor=run.actor, report=report)
    TrainingRun.objects.filter(pk=run.pk).update(candidate=candidate)


def _dataset(run: TrainingRun, recipe: Recipe, base: Bundle) -> DatasetVersion:
    if run.dataset is None:
        run.dataset, _ = datasets.dataset_create(
            recipe=recipe, labels=base.labels, licence=datasets.licence_of(base), actor=run.actor
        )
        TrainingRun.objects.filter(pk=run.pk).update(dataset=run.dataset)
    return run.dataset


def _gather(dataset: DatasetVersion, base: Bundle, folder: Path) -> Path:
    """A manifest of files on this machine: visitors' photos are copied for the time of the run."""
    rows, _ = datasets.still_allowed(datasets.manifest_rows(dataset))
    _check_covers(rows, [label.label for label in base.labels])
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    local = [_local(row, folder / "photos", dataset) for row in rows]
    manifest = folder / "manifest.csv"
    write_manifest(manifest, (row for row in local if row.label not in datasets.NO_CARS))
    if scenes := [row for row in local if row.label in datasets.NO_CARS]:
        write_manifest(datasets.scenes_manifest(manifest), scenes)
    return manifest


def _local(row: Row, photos: Path, dataset: DatasetVersion) -> Row:
    """A row whose file is on this machine: a visitor's photo is copied out of the storage and checked."""
    if row.source != datasets.SOURCE:
        return row
    path = photos / f"{row.sha256}.jpg"
    if not path.exists():
        with default_storage.open(row.path) as file:
            path.write_bytes(file.read())
    if digest(path) != row.sha256:
        raise TrainingRefused(f"{row.path} is not the photo that {dataset} lists. Make a new version.")
    return row._replace(path=str(path))


def _check_covers(rows: list[Row], labels: list[str]) -> None:
    """Trained without photos of a car, a model forgets it: each needs two, and one of them to train on."""
    count = Counter(row.label for row in rows)
    trained = {row.label for row in rows if row.split == "train"}
    lacking = [label for label in labels if label not in trained or count[label] < 2]
    if lacking:
        raise TrainingRefused(
            f"There are too few photos of {len(lacking)} of the {len(labels)} cars that the active model "
            f"knows ({', '.join(lacking[:3])} …): trained without them it would forget them. Put the photos "
            f"that {settings.RETRAIN_RECIPE.name} names in place, or confirm photos of each car."
        )


def train_candidate(recipe: Recipe, base: Bundle, manifest: Path, folder: Path, watch: Watch) -> None:
    from ml.bundle.unfuse_batchnorm import unfuse_batchnorm
    from ml.training.checkpoints import save_whole
    from ml.training.train import train

    weights = folder / "start.pt"
    if not weights.exists():
        watch.step("Preparing the weights to start from", 0.06)
        save_whole(unfuse_batchnorm(base, _paths(manifest, "train")).state_dict(), weights)
    full = datasets.recipe_for(recipe, manifest, weights=weights, bundle=base)
    watch.step(f"Training: 0 of {full.epochs} epochs", 0.08)
    watch.epochs(folder / "run", full.epochs, start=0.08, end=0.75)
    if not (folder / "run" / "model.pt").exists():
        train(full, folder / "run")


def _paths(manifest: Path, split: str) -> list[str]:
    from ml.data.manifests import read_manifest

    return [row.path for row in read_manifest(manifest) if row.split == split]


def export_candidate(
    run: TrainingRun, dataset: DatasetVersion, base: Bundle, folder: Path, out: Path
) -> None:
    from ml.packaging.build_bundle import build_bundle

    classes = folder / "classes.csv"
    _write_classes(classes, base.labels)
    summary = dataset.summary
    notes = ReleaseNotes(
        classes=str(classes),
        purpose=str(base.card.get("purpose", ReleaseNotes.purpose)),
        data=(
            f"Started from {base.name} {base.version}. Dataset version {dataset.number}: "
            f"{summary['training']} photos to train on and {summary['validation']} to validate with, "
            f"{summary['confirmed']} of them from visitors who allowed it."
        ),
        licence=str(base.card.get("licence", ReleaseNotes.licence)),
        limits=tuple(base.card.get("limits", ())),
    )
    version = f"{timezone.now():%Y.%m.%d}-run{run.pk}"
    build_bundle(folder / "run", out, notes=notes, version=version, threads=settings.MODEL_THREADS)


def _write_classes(path: Path, labels: tuple[Label, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("label", "make", "model", "body_style", "model_year"))
        table.writerows((one.label, one.make, one.model, one.body_style, one.year or "") for one in labels)


def _is_bundle(folder: Path) -> bool:
    try:
        read_bundle(folder)
    except BundleError:
        return False
    return True


def _compare(version: ModelVersion, base: Bundle, candidate: Path, manifest: Path) -> dict[str, object]:
    from ml.evaluation.paired_comparison import paired_comparison
    from ml.serving.loaded_bundle import LoadedBundle

    loaded = [LoadedBundle.open(source, "onnx", settings.MODEL_THREADS) for source in (base, candidate)]
    photos = list(_validation(manifest, [label.label for label in base.labels]))
    report = paired_comparison(loaded[0], loaded[1], photos)
    return replace(report, against=str(version)).to_json()


def _validation(manifest: Path, labels: list[str]) -> Iterator[Photo]:
    from ml.data.manifests import read_manifest
    from ml.data.photo_table import Photo

    numbers = {label: number for number, label in enumerate(labels)}
    for row in read_manifest(manifest):
        if row.split == "validation":
            yield Photo(Path(row.path), row.name, numbers[row.label])
