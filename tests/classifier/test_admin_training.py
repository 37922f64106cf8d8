"""Training runs and dataset versions in the admin: started, watched and cancelled by those who may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from classifier.models import DatasetVersion, TrainingRun
from classifier.training import runs
from ml import packages
from ml.exceptions import PackagesError
from tests.classifier.workshop import worked
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
Status = TrainingRun.Status
LIST = "/admin/classifier/trainingrun/"


@pytest.fixture
def staff(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user)
    return client


def test_button_starts_a_run_whose_progress_and_cancel_button_are_shown(
    staff: Client, workshop: Path, trainer_calls: list[int], staff_user: User
) -> None:
    assert "Train a candidate" in staff.get(LIST).content.decode()
    staff.post(reverse("admin:classifier_trainingrun_start"))
    run = TrainingRun.objects.get()
    assert trainer_calls == [run.pk]
    assert run.actor == staff_user
    TrainingRun.objects.filter(pk=run.pk).update(
        status=Status.RUNNING, step="Training: 1 of 2 epochs", progress=0.4
    )
    for address in (LIST, f"{LIST}{run.pk}/change/", f"{LIST}{run.pk}/progress/"):
        page = staff.get(address).content.decode()
        assert "Training: 1 of 2 epochs" in page, address
        assert 'value="40"' in page
    assert "Cancel the run" in staff.get(f"{LIST}{run.pk}/change/").content.decode()
    assert "is in progress" in staff.post(f"{LIST}start/", follow=True).content.decode()
    staff.post(f"{LIST}{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.cancel_requested


def test_reason_of_a_failure_is_shown(staff: Client, workshop: Path) -> None:
    run = runs.run_start()
    TrainingRun.objects.filter(pk=run.pk).update(
        status="failed", is_open=False, failure="The loss is <no> number."
    )
    assert "The loss is &lt;no&gt; number." in staff.get(f"{LIST}{run.pk}/change/").content.decode()


def test_runs_are_shown_to_viewers_and_started_by_those_who_may(
    client: Client, workshop: Path, django_user_model: type[User]
) -> None:
    viewer = django_user_model.objects.create_user("viewer@example.org", PASSWORD, is_staff=True)
    names = ("view_trainingrun", "view_datasetversion")
    viewer.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(viewer)
    page = client.get(LIST).content.decode()
    assert "can be used for training" in page
    assert "Train a candidate" not in page
    assert client.post(f"{LIST}start/").status_code == 403
    assert "Create a dataset version" not in client.get("/admin/classifier/datasetversion/").content.decode()
    run = runs.run_start()
    assert client.post(f"{LIST}{run.pk}/cancel/").status_code == 403
    assert "Cancel the run" not in client.get(f"{LIST}{run.pk}/change/").content.decode()
    run.refresh_from_db()
    assert (run.status, run.cancel_requested) == (Status.QUEUED, False)


def test_dataset_page_shows_counts_and_changes(staff: Client, workshop: Path) -> None:
    worked(runs.run_start(only_dataset=True))
    row = DatasetVersion.objects.get()
    assert "Create a dataset version" in staff.get("/admin/classifier/datasetversion/").content.decode()
    page = staff.get(f"/admin/classifier/datasetversion/{row.pk}/change/").content.decode()
    for words in ("Photos", ">12<", "Since the version before", ">18<", row.sha256):
        assert words in page


def test_page_says_before_the_click_what_a_machine_without_pytorch_does(
    staff: Client, workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "PyTorch" not in staff.get(LIST).content.decode()
    monkeypatch.setattr(packages, "missing", lambda: ["torch"])
    page = staff.get(LIST).content.decode()
    assert "This machine has no PyTorch yet" in page
    assert "make install-train" in page
    assert "Train a candidate" in page


def test_run_of_a_trainer_without_pytorch_ends_with_the_command_that_brings_it(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "missing", lambda: ["torch"])
    monkeypatch.setattr(packages, "_is_ours", lambda: False)
    run = worked(runs.run_start())
    assert run.status == Status.FAILED
    assert "pip install -r" in run.failure
    assert worked(runs.run_start(only_dataset=True)).status == Status.DONE, "a dataset needs no PyTorch"


def test_trainer_says_that_it_installs_pytorch_first(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps_seen: list[str] = []

    def install(say: Callable[[str], object]) -> None:
        say("Installing PyTorch and what else training needs; this takes some minutes, and is done once.")
        steps_seen.append(TrainingRun.objects.get().step)
        raise PackagesError("enough")

    monkeypatch.setattr(packages, "install", install)
    assert worked(runs.run_start()).failure == "enough"
    assert steps_seen[0].startswith("Installing PyTorch")
