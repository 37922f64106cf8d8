"""A training run goes from confirmed photos to a candidate; whatever goes wrong, the active model goes on."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from catalog.models import Variant
from classifier.answers import engine
from classifier.exceptions import TrainingRefused
from classifier.models import DatasetVersion, Feedback, ModelVersion, TrainingRun
from classifier.training import registry, runs, steps
from classifier.training.datasets import manifest_rows, recipe_for
from ml.bundle.bundle import WEIGHTS, Bundle, read_bundle
from ml.exceptions import MlError
from ml.recipes import read_recipe
from tests.classifier.conftest import StubPredictor
from tests.classifier.test_datasets import confirmed
from tests.classifier.workshop import active, recipe_file, scene_photos, worked
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
Status = TrainingRun.Status


# --- From photos to a candidate -----------------------------------------------------------------------------
def test_run_ends_with_a_measured_candidate_beside_the_untouched_active_model(
    workshop: Path, staff_user: User
) -> None:
    before = active()
    run = worked(runs.run_start(actor=staff_user))
    assert (run.status, run.failure, run.progress, run.attempt) == (Status.DONE, "", 1.0, 1)
    candidate = run.candidate
    assert candidate.state == "candidate"
    assert candidate.version.endswith(f"run{run.pk}")
    assert registry.bundle_checked(candidate).labels == registry.bundle_checked(before).labels
    assert candidate.card["metrics"]["photos"] == candidate.report["photos"] == 6
    assert set(candidate.report["figures"]) == {"top-1", "top-5", "make", "calibration error"}
    assert candidate.report["against"] == str(before)
    assert candidate.report["reliability"]["candidate"]
    assert "Dataset version 1: 12 photos" in candidate.card["data"]
    assert active() == before
    assert not steps.run_folder(run.pk).exists(), "copies of photos outlive the run"
    registry.version_promote(version=candidate, seen=before.pk, actor=staff_user)
    assert active() == candidate


@pytest.fixture
def visitors_photo(workshop: Path, monkeypatch: pytest.MonkeyPatch, user: User, staff_user: User) -> Feedback:
    """A photo that its owner corrected and allows, and a curator confirmed."""
    stub = SimpleNamespace(predictor=StubPredictor(), version_id=active().pk)
    monkeypatch.setattr(engine, "current", lambda: stub)
    return confirmed(user, staff_user, Variant.objects.get(slug="audi-a5-coupe-2012"))


def test_visitors_photos_are_learned_from_and_their_copies_removed(
    visitors_photo: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies: list[str] = []

    def look(_recipe: object, _base: object, manifest: Path, folder: Path, _watch: object) -> None:
        copies.extend(path.name for path in (folder / "photos").iterdir())
        assert copies[0] in manifest.read_text()
        raise MlError("stopped by the test")

    monkeypatch.setattr(steps, "train_candidate", look)
    run = worked(runs.run_start())
    assert run.failure == "stopped by the test"
    assert run.dataset.summary["confirmed"] == len(copies) == 1
    assert not steps.run_folder(run.pk).exists()
    photo = visitors_photo.identification.photo
    assert photo.storage.exists(photo.name), "the visitor's own photo is gone"


def test_photos_of_no_car_are_learned_as_scenes(
    visitors_photo: Feedback, settings: Settings, workshop: Path, user: User, staff_user: User
) -> None:
    settings.RETRAIN_RECIPE = recipe_file(
        workshop / "scenes.toml", workshop / "cars", scenes=scene_photos(workshop / "scenes")
    )
    confirmed(user, staff_user, None, seed=2)
    run = worked(runs.run_start())
    assert (run.status, run.failure) == (Status.DONE, "")
    assert (run.dataset.summary["scenes"], run.dataset.summary["left_out"]) == (13, {})
    scenes = run.candidate.card["metrics"]["scenes"]
    judged = {row.label for row in manifest_rows(run.dataset) if row.split == "validation"}
    assert {"interior", "other"} <= judged
    assert sum(scenes["interior"].values()) == 2
    assert scenes["exterior"]["exterior"] + scenes["other"]["other"] > 0
    before, after = (head(registry.bundle_checked(version)) for version in (active(), run.candidate))
    assert (before == 0).all(), "the active model tells no scenes apart"
    assert (after != 0).any()


def head(bundle: Bundle) -> Any:
    """The weights of a bundle's scene head."""
    from safetensors.numpy import load_file

    return load_file(bundle.path / WEIGHTS)["scene_head.weight"]


def test_dataset_alone_can_be_asked_for(workshop: Path) -> None:
    run = worked(runs.run_start(only_dataset=True))
    assert run.status == Status.DONE
    assert run.dataset == DatasetVersion.objects.get()
    assert run.candidate is None


def test_recipe_that_ships_can_be_read_and_names_no_size_but_the_models(untrained: Path) -> None:
    recipe = read_recipe(ROOT / "recipes" / "retrain.toml")
    full = recipe_for(recipe, Path("m.csv"), weights=Path("w.pt"), bundle=read_bundle(untrained))
    assert (full.architecture, full.size, full.weights) == ("cnn_batchnorm", 32, "w.pt")
    assert {stage.size for stage in full.stages} == {32}
    assert full.data.cars == full.data.cars_validation == ("m.csv",)


# --- What goes wrong ----------------------------------------------------------------------------------------
def failed(run: TrainingRun) -> str:
    """Why it failed; the active model is as it was, and another run may start."""
    before = active()
    assert worked(run).status == Status.FAILED
    assert run.candidate is None
    assert active() == before
    assert ModelVersion.objects.count() == 1
    assert not TrainingRun.objects.open().exists()
    return run.failure


def test_loss_that_is_no_number_is_said(workshop: Path, settings: Settings) -> None:
    text = settings.RETRAIN_RECIPE.read_text().replace("learning_rate = 0.01", "learning_rate = 1e30")
    settings.RETRAIN_RECIPE.write_text(text)
    assert "not a number" in failed(runs.run_start())


def test_full_disk_is_said(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    import ml.training.checkpoints

    monkeypatch.setattr(ml.training.checkpoints.torch, "save", full)
    assert "disk may be full" in failed(runs.run_start())


def test_photos_that_are_not_here_are_said(workshop: Path) -> None:
    run = runs.run_start()
    (workshop / "cars").rename(workshop / "elsewhere")
    assert "0 photos to train on" in failed(run)


def test_cars_without_photos_are_said_since_the_model_would_forget_them(workshop: Path) -> None:
    shutil.rmtree(workshop / "cars" / "BMW M3 Coupe 2012")
    reason = failed(runs.run_start())
    assert "1 of the 3 cars that the active model knows" in reason
    assert "BMW M3 Coupe 2012" in reason


def test_unforeseen_error_is_said_and_logged(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(steps, "work", broken)
    assert failed(runs.run_start()) == "Something unforeseen: ZeroDivisionError: by zero"
    assert "Traceback" in caplog.text


def test_run_does_not_start_without_a_recipe_or_a_model(workshop: Path, settings: Settings) -> None:
    settings.RETRAIN_RECIPE = workshop / "none.toml"
    with pytest.raises(TrainingRefused, match="There is no recipe"):
        runs.run_start()
    ModelVersion.objects.all().delete()
    with pytest.raises(TrainingRefused, match="No model is active yet"):
        runs.run_start()
    assert not TrainingRun.objects.exists()


def test_command_says_what_went_wrong(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise MlError("no photos today")

    monkeypatch.setattr(steps, "work", refuse)
    with pytest.raises(CommandError, match="has failed: no photos today"):
        call_command("retrain", "--here")
    call_command("retrain")
    call_command("retrain", "--cancel")
    assert TrainingRun.objects.first().status == Status.CANCELLED
