"""Training runs: from confirmed photos to a candidate, one at a time; whatever goes wrong, the active model goes on."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Variant
from classifier import engine, registry, retraining, training
from classifier.datasets import manifest_rows, recipe_for
from classifier.exceptions import TrainingRefused
from classifier.models import DatasetVersion, Feedback, ModelVersion, TrainingRun
from ml.bundle import WEIGHTS, Bundle, read_bundle
from ml.exceptions import MlError
from ml.recipes import read_recipe
from tests.classifier.bundles import stock
from tests.classifier.conftest import StubPredictor
from tests.classifier.test_datasets import confirmed
from tests.classifier.workshop import base_photos, recipe_file, scene_photos, untrained_bundle
from tests.conftest import PASSWORD, ROOT
from tests.ml.conftest import CLASSES

pytestmark = pytest.mark.django_db(transaction=True)
Status = TrainingRun.Status
LIST = "/admin/classifier/trainingrun/"


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_bundle(tmp_path_factory.mktemp("bundles") / "untrained").path


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the runs for which the trainer was rung."""
    from classifier.tasks import retrain

    rung: list[int] = []
    monkeypatch.setattr(retrain, "delay", rung.append)
    monkeypatch.setattr(training, "PULSE", 0.05)
    return rung


@pytest.fixture
def workshop(settings: Any, tmp_path: Path, untrained: Path) -> Path:
    """A site whose active model has learned nothing yet, a catalogue with its cars, and drawn photos to learn from."""
    stock(tuple(CLASSES))
    settings.MODEL_BUNDLE = untrained
    registry.version_register_shipped(bundle=read_bundle(untrained))
    settings.RETRAIN_RECIPE = recipe_file(tmp_path / "retrain.toml", base_photos(tmp_path / "cars"))
    return tmp_path


def active() -> ModelVersion:
    return ModelVersion.objects.get(state="active")


def worked(run: TrainingRun) -> TrainingRun:
    """The run after a worker had it."""
    assert retraining.run_work(run_id=run.pk)
    run.refresh_from_db()
    return run


def silent_for_long(run: TrainingRun) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


# --- From photos to a candidate -----------------------------------------------------------------------------
def test_run_ends_with_a_measured_candidate_beside_the_untouched_active_model(
    workshop: Path, staff_user: Any
) -> None:
    before = active()
    run = worked(retraining.run_start(actor=staff_user))
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
    assert not training.run_folder(run.pk).exists(), "copies of photos outlive the run"
    registry.version_promote(version=candidate, seen=before.pk, actor=staff_user)
    assert active() == candidate


@pytest.fixture
def visitors_photo(workshop: Path, monkeypatch: pytest.MonkeyPatch, user: Any, staff_user: Any) -> Feedback:
    """A photo that its owner corrected and allows, and a curator confirmed."""
    stub = SimpleNamespace(predictor=StubPredictor(), version_id=active().pk)
    monkeypatch.setattr(engine, "current", lambda: stub)
    return confirmed(user, staff_user, Variant.objects.get(slug="audi-a5-coupe-2012"))


def test_visitors_photos_are_learned_from_and_their_copies_removed(
    visitors_photo: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies: list[str] = []

    def look(_recipe: Any, _base: Any, manifest: Path, folder: Path, _watch: Any) -> None:
        copies.extend(path.name for path in (folder / "photos").iterdir())
        assert copies[0] in manifest.read_text()
        raise MlError("stopped by the test")

    monkeypatch.setattr(training, "_train", look)
    run = worked(retraining.run_start())
    assert run.failure == "stopped by the test"
    assert run.dataset.summary["confirmed"] == len(copies) == 1
    assert not training.run_folder(run.pk).exists()
    photo = visitors_photo.identification.photo
    assert photo.storage.exists(photo.name), "the visitor's own photo is gone"


def test_photos_of_no_car_are_learned_as_scenes(
    visitors_photo: Feedback, settings: Any, workshop: Path, user: Any, staff_user: Any
) -> None:
    settings.RETRAIN_RECIPE = recipe_file(
        workshop / "scenes.toml", workshop / "cars", scenes=scene_photos(workshop / "scenes")
    )
    confirmed(user, staff_user, None, seed=2)
    run = worked(retraining.run_start())
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
    run = worked(retraining.run_start(only_dataset=True))
    assert run.status == Status.DONE
    assert run.dataset == DatasetVersion.objects.get()
    assert run.candidate is None


def test_recipe_that_ships_can_be_read_and_names_no_size_but_the_models(untrained: Path) -> None:
    recipe = read_recipe(ROOT / "recipes" / "retrain.toml")
    full = recipe_for(recipe, Path("m.csv"), weights=Path("w.pt"), bundle=read_bundle(untrained))
    assert (full.architecture, full.size, full.weights) == ("cnn_batchnorm", 32, "w.pt")
    assert {stage.size for stage in full.stages} == {32}
    assert full.data.cars == full.data.cars_validation == ("m.csv",)


# --- One at a time, cancelled, killed -----------------------------------------------------------------------
def test_second_run_is_refused_while_one_is_under_way(workshop: Path, rung: list[int]) -> None:
    run = retraining.run_start()
    assert rung == [run.pk]
    with pytest.raises(TrainingRefused, match=f"Training run {run.pk} is under way"):
        retraining.run_start()
    retraining.run_cancel(run=run)
    assert retraining.run_start().pk != run.pk


def test_waiting_run_is_cancelled_at_once(workshop: Path) -> None:
    run = retraining.run_start()
    retraining.run_cancel(run=run)
    run.refresh_from_db()
    assert run.status == Status.CANCELLED
    assert not retraining.run_work(run_id=run.pk)
    with pytest.raises(TrainingRefused, match="has ended already"):
        retraining.run_cancel(run=run)


def test_running_run_is_stopped_in_the_middle_of_its_work(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long_work(run: TrainingRun, watch: training.Watch) -> None:
        training.run_folder(run.pk).mkdir(parents=True)
        threading.Thread(target=cancel, args=(run,)).start()
        time.sleep(60)
        raise AssertionError("nobody stopped it")

    def cancel(run: TrainingRun) -> None:
        try:
            retraining.run_cancel(run=TrainingRun.objects.get(pk=run.pk))
        finally:
            connection.close()

    monkeypatch.setattr(training, "work", long_work)
    started = time.monotonic()
    run = worked(retraining.run_start())
    assert run.status == Status.CANCELLED
    assert time.monotonic() - started < 30
    assert not training.run_folder(run.pk).exists()


def test_killed_run_goes_on_where_it_was(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, rung: list[int]
) -> None:
    class Killed(BaseException):
        """As if the process had ended."""

    def die(*_: Any) -> None:
        raise Killed

    run = retraining.run_start()
    with monkeypatch.context() as patch:
        patch.setattr(training, "_export", die)
        with pytest.raises(Killed):
            retraining.run_work(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == Status.RUNNING
    assert not retraining.run_work(run_id=run.pk), "somebody else's lease still holds"
    weights = training.run_folder(run.pk) / "run" / "model.pt"
    made = weights.stat().st_mtime_ns
    silent_for_long(run)
    assert retraining.runs_sweep() == {"cancelled": 0, "failed": 0, "requeued": 1, "rung": 1}
    assert rung == [run.pk, run.pk]
    seen: list[int] = []
    real: Callable[..., None] = training._export

    def export(*args: Any) -> None:
        seen.append(weights.stat().st_mtime_ns)
        real(*args)

    monkeypatch.setattr(training, "_export", export)
    assert worked(run).status == Status.DONE
    assert seen == [made], "it trained again"
    assert run.attempt == 2


def test_run_that_is_killed_again_and_again_is_given_up(workshop: Path) -> None:
    run = retraining.run_start()
    TrainingRun.objects.filter(pk=run.pk).update(
        status=Status.RUNNING, attempt=TrainingRun.MAX_ATTEMPTS, lease_until=timezone.now()
    )
    silent_for_long(run)
    assert retraining.runs_sweep()["failed"] == 1
    run.refresh_from_db()
    assert run.status == Status.FAILED
    assert "may lack memory" in run.failure
    assert retraining.run_start()


def test_run_that_was_taken_over_writes_no_more(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(run: TrainingRun, watch: training.Watch) -> None:
        TrainingRun.objects.filter(pk=run.pk).update(attempt=7)
        watch.step("I am late", 0.5)

    monkeypatch.setattr(training, "work", work)
    run = retraining.run_start()
    assert not retraining.run_work(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.attempt, run.step) == (Status.RUNNING, 7, "Starting")


def test_run_says_how_many_epochs_are_done(tmp_path: Path) -> None:
    assert training.epochs_done(tmp_path) == 0
    for number, epochs in enumerate(([0, 1], [2])):
        log = tmp_path / "log" / f"version_{number}"
        log.mkdir(parents=True)
        lines = "".join(f"{epoch},0.5,\n{epoch},,0.4\n" for epoch in epochs)
        (log / "metrics.csv").write_text("epoch,train_loss,val_loss\n" + lines)
    assert training.epochs_done(tmp_path) == 3


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


def test_loss_that_is_no_number_is_said(workshop: Path, settings: Any) -> None:
    text = settings.RETRAIN_RECIPE.read_text().replace("learning_rate = 0.01", "learning_rate = 1e30")
    settings.RETRAIN_RECIPE.write_text(text)
    assert "not a number" in failed(retraining.run_start())


def test_full_disk_is_said(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    import ml.checkpoints

    monkeypatch.setattr(ml.checkpoints.torch, "save", full)
    assert "disk may be full" in failed(retraining.run_start())


def test_photos_that_are_not_here_are_said(workshop: Path) -> None:
    run = retraining.run_start()
    (workshop / "cars").rename(workshop / "elsewhere")
    assert "0 photos to learn from" in failed(run)


def test_cars_without_photos_are_said_since_the_model_would_forget_them(workshop: Path) -> None:
    shutil.rmtree(workshop / "cars" / "BMW M3 Coupe 2012")
    reason = failed(retraining.run_start())
    assert "1 of the 3 cars that the active model knows" in reason
    assert "BMW M3 Coupe 2012" in reason


def test_unforeseen_error_is_said_and_logged(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(training, "work", broken)
    assert failed(retraining.run_start()) == "Something unforeseen: ZeroDivisionError: by zero"
    assert "Traceback" in caplog.text


def test_run_does_not_start_without_a_recipe_or_a_model(workshop: Path, settings: Any) -> None:
    settings.RETRAIN_RECIPE = workshop / "none.toml"
    with pytest.raises(TrainingRefused, match="There is no recipe"):
        retraining.run_start()
    ModelVersion.objects.all().delete()
    with pytest.raises(TrainingRefused, match="No model answers yet"):
        retraining.run_start()
    assert not TrainingRun.objects.exists()


def test_command_says_what_went_wrong(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise MlError("no photos today")

    monkeypatch.setattr(training, "work", refuse)
    with pytest.raises(CommandError, match="has failed: no photos today"):
        call_command("retrain", "--here")
    call_command("retrain")
    call_command("retrain", "--cancel")
    assert TrainingRun.objects.first().status == Status.CANCELLED


# --- The admin ----------------------------------------------------------------------------------------------
@pytest.fixture
def staff(client: Client, staff_user: Any) -> Client:
    client.force_login(staff_user)
    return client


def test_button_starts_a_run_whose_progress_and_cancel_button_are_shown(
    staff: Client, workshop: Path, rung: list[int], staff_user: Any
) -> None:
    assert "Train a candidate" in staff.get(LIST).content.decode()
    staff.post(reverse("admin:classifier_trainingrun_start"))
    run = TrainingRun.objects.get()
    assert rung == [run.pk]
    assert run.actor == staff_user
    TrainingRun.objects.filter(pk=run.pk).update(
        status=Status.RUNNING, step="Training: 1 of 2 epochs", progress=0.4
    )
    for address in (LIST, f"{LIST}{run.pk}/change/", f"{LIST}{run.pk}/progress/"):
        page = staff.get(address).content.decode()
        assert "Training: 1 of 2 epochs" in page, address
        assert 'value="40"' in page
    assert "Cancel the run" in staff.get(f"{LIST}{run.pk}/change/").content.decode()
    assert "is under way" in staff.post(f"{LIST}start/", follow=True).content.decode()
    staff.post(f"{LIST}{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.cancel_requested


def test_reason_of_a_failure_is_shown(staff: Client, workshop: Path) -> None:
    run = retraining.run_start()
    TrainingRun.objects.filter(pk=run.pk).update(
        status="failed", is_open=False, failure="The loss is <no> number."
    )
    assert "The loss is &lt;no&gt; number." in staff.get(f"{LIST}{run.pk}/change/").content.decode()


def test_runs_are_shown_to_viewers_and_started_by_those_who_may(
    client: Client, workshop: Path, django_user_model: Any
) -> None:
    viewer = django_user_model.objects.create_user("viewer@example.org", PASSWORD, is_staff=True)
    names = ("view_trainingrun", "view_datasetversion")
    viewer.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(viewer)
    page = client.get(LIST).content.decode()
    assert "may be learned from" in page
    assert "Train a candidate" not in page
    assert client.post(f"{LIST}start/").status_code == 403
    assert "Make a dataset version" not in client.get("/admin/classifier/datasetversion/").content.decode()
    run = retraining.run_start()
    assert client.post(f"{LIST}{run.pk}/cancel/").status_code == 403
    assert "Cancel the run" not in client.get(f"{LIST}{run.pk}/change/").content.decode()
    run.refresh_from_db()
    assert (run.status, run.cancel_requested) == (Status.QUEUED, False)


def test_dataset_page_shows_counts_and_changes(staff: Client, workshop: Path) -> None:
    worked(retraining.run_start(only_dataset=True))
    row = DatasetVersion.objects.get()
    assert "Make a dataset version" in staff.get("/admin/classifier/datasetversion/").content.decode()
    page = staff.get(f"/admin/classifier/datasetversion/{row.pk}/change/").content.decode()
    for words in ("Photos", ">12<", "Since the version before", ">18<", row.sha256):
        assert words in page
