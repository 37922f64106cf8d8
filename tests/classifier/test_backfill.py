"""Backfill: shadow runs that visitors never wait for, and newer models' answers to old photos, with the older ones kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from classifier.answers import engine
from classifier.answers.identify import identification_run
from classifier.models import Feedback, Identification, ModelOutput, ModelVersion
from classifier.photos.delete import identification_delete
from classifier.training import backfill, exports, registry
from classifier.training.feedback import feedback_record
from core.models import OutgoingEmail
from ml.exceptions import PhotoError
from ml.serving.answers import Answer, Candidate
from tests.classifier.bundles import add, ship, stock
from tests.classifier.conftest import StubPredictor, answer, other_photo, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wake_ups")]


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Arguments of each call for a batch."""
    from classifier.tasks import look_again
    from core.tasks import send_email

    queued: list[tuple[object, ...]] = []
    monkeypatch.setattr(look_again, "delay", lambda *args: queued.append(args))
    monkeypatch.setattr(send_email, "delay", lambda *args: None)
    engine.unload()
    return queued


@pytest.fixture
def cars(audi: Variant) -> dict[str, Variant]:
    """The Audi A5, which the old model sees everywhere, and the BMW M3, which the new one sees."""
    from catalog.choices import BodyStyle
    from catalog.models import CarModel, Make

    model = CarModel.objects.create(make=Make.objects.create(name="BMW", slug="bmw"), name="M3", slug="m3")
    bmw = Variant.objects.create(model=model, year=2012, body_style=BodyStyle.COUPE, slug="bmw-m3-coupe-2012")
    return {"audi": audi, "bmw": bmw}


@pytest.fixture
def newer(cars: dict[str, Variant], version: ModelVersion, predictor: StubPredictor) -> ModelVersion:
    """A candidate."""
    return ModelVersion.objects.create(name="stub", version="2", digest="2" * 64)


def bmw() -> Answer:
    return answer(
        predictions=(
            Candidate("BMW M3 Coupe 2012", "bmw-m3-coupe-2012", 0.8),
            Candidate("Audi A5 Coupe 2012", "audi-a5-coupe-2012", 0.2),
        )
    )


def answered(user: Any = None, seed: int = 1) -> Identification:
    person = user or AnonymousUser()
    row = send(person, guest_key="" if user else f"g{seed}", data=other_photo(seed))
    assert identification_run(identification_id=row.pk)
    row.refresh_from_db()
    return row


@pytest.fixture
def promoted(
    newer: ModelVersion, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], StubPredictor]]:
    """A function that makes the newer model the active one; it sees a BMW everywhere."""

    def promote() -> StubPredictor:
        ModelVersion.objects.filter(pk=version.pk).update(state="retired")
        ModelVersion.objects.filter(pk=newer.pk).update(state="active", promoted=timezone.now())
        newer.refresh_from_db()
        stub = StubPredictor()
        stub.answer = bmw()
        monkeypatch.setattr(engine, "current", lambda: SimpleNamespace(predictor=stub, version_id=newer.pk))
        return stub

    return promote


@pytest.fixture
def shadowed(newer: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> StubPredictor:
    """The newer model answers unseen."""
    ModelVersion.objects.filter(pk=newer.pk).update(state="shadow", shadow_since=timezone.now())
    stub = StubPredictor()
    stub.answer = bmw()
    monkeypatch.setattr(engine, "shadow", lambda: SimpleNamespace(predictor=stub, version_id=newer.pk))
    return stub


# --- Shadow runs --------------------------------------------------------------------------------------------
def test_shadow_answers_after_the_visitor_has_an_answer_and_is_never_shown(
    shadowed: StubPredictor,
    calls: list[tuple],
    client: Client,
    user: User,
    newer: ModelVersion,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = answered(user)
    assert shadowed.calls == 0, "the visitor waited for the shadow"
    assert len(calls) == 1
    assert backfill.look_again() == {"shadow": 1, "again": 0}
    reading = ModelOutput.objects.get()
    assert (reading.role, reading.model_version, reading.agrees) == ("shadow", newer, False)
    assert reading.best["label"] == "BMW M3 Coupe 2012"
    row.refresh_from_db()
    assert row.best.label == "Audi A5 Coupe 2012"
    client.force_login(user)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "stub 1" in page
    assert "stub 2" not in page
    assert "Earlier answers" not in page
    assert backfill.look_again()["shadow"] == 0, "it looks once"


def test_agreement_of_a_shadow_run_is_shown_to_staff(
    shadowed: StubPredictor, client: Client, staff_user: User, newer: ModelVersion
) -> None:
    for seed in range(3):
        answered(seed=seed)
    backfill.look_again()
    shadowed.answer = answer()
    answered(seed=3)
    shadowed.answer = PhotoError("broken")
    backfill.look_again()
    client.force_login(staff_user)
    page = client.get(f"/admin/classifier/modelversion/{newer.pk}/change/").content.decode()
    assert "4 live photos" in page
    assert "for 0, another for 3 (0% agree), none for 1, where it failed" in page


def test_failing_shadow_hurts_no_answer_and_is_not_asked_twice(shadowed: StubPredictor, user: User) -> None:
    shadowed.answer = RuntimeError("out of memory")
    row = answered(user)
    assert backfill.look_again()["shadow"] == 1
    row.refresh_from_db()
    assert row.status == "done"
    assert row.best.label == "Audi A5 Coupe 2012"
    assert ModelOutput.objects.get().failure == "RuntimeError: out of memory"
    assert backfill.look_again()["shadow"] == 0


def test_answer_stands_where_the_shadow_can_not_even_be_called(
    predictor: StubPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.querysets import ModelVersionQuerySet

    def broken(_: object) -> None:
        raise RuntimeError("no such table")

    monkeypatch.setattr(ModelVersionQuerySet, "shadow", broken)
    assert answered().status == "done"


def test_photos_from_before_the_shadow_run_are_left_alone(
    predictor: StubPredictor, newer: ModelVersion, request: pytest.FixtureRequest
) -> None:
    answered()
    request.getfixturevalue("shadowed")
    assert backfill.look_again()["shadow"] == 0


def test_shadow_waits_while_a_visitor_does(shadowed: StubPredictor) -> None:
    answered(seed=1)
    send(AnonymousUser(), guest_key="g", data=other_photo(2))
    assert backfill.look_again() == {"shadow": 0, "again": 0}
    assert shadowed.calls == 0


def test_one_batch_at_a_time(shadowed: StubPredictor) -> None:
    answered()
    cache.add(backfill._LOCK, "held", 60)
    assert backfill.look_again()["shadow"] == 0
    cache.delete(backfill._LOCK)
    assert backfill.look_again()["shadow"] == 1
    assert cache.get(backfill._LOCK) is None


def test_shadow_run_of_real_bundles_ends_with_its_reason_where_the_files_are_gone(
    settings: Settings, tmp_path: Path, client: Client, staff_user: User
) -> None:
    stock()
    ship(settings, tmp_path)
    candidate = add(tmp_path, "candidate")
    registry.shadow_start(version=candidate, actor=staff_user)
    row = answered()
    assert row.model_version.version == "shipped"
    assert backfill.look_again()["shadow"] == 1
    assert ModelOutput.objects.get().model_version == candidate
    shutil.rmtree(registry.bundle_path(candidate))
    answered(seed=2)
    assert backfill.look_again()["shadow"] == 0
    candidate.refresh_from_db()
    assert candidate.state == "candidate"
    client.force_login(staff_user)
    page = client.get(f"/admin/classifier/modelversion/{candidate.pk}/change/").content.decode()
    assert "The last shadow run was stopped by an error: There is no bundle" in page
    assert answered(seed=3).status == "done"


def test_one_shadow_at_a_time_and_never_the_active_model(
    settings: Settings, tmp_path: Path, staff_user: User
) -> None:
    from classifier.exceptions import ModelConflict

    stock()
    ship(settings, tmp_path)
    first, second = add(tmp_path, "first"), add(tmp_path, "second")
    registry.shadow_start(version=first)
    registry.shadow_start(version=second)
    first.refresh_from_db()
    assert first.state == "candidate"
    assert ModelVersion.objects.shadow() == second
    with pytest.raises(ModelConflict, match="is the active model"):
        registry.shadow_start(version=ModelVersion.objects.active())
    assert ModelVersion.objects.shadow() == second
    registry.version_promote(version=second, seen=ModelVersion.objects.active().pk)
    assert ModelVersion.objects.shadow() is None


# --- Identifying again --------------------------------------------------------------------------------------
def look_again_at_all() -> int:
    return backfill.identifications_reidentify(rows=Identification.objects.all())


def test_newer_models_answer_takes_the_place_of_the_older_one_which_is_kept(
    promoted: Callable[[], StubPredictor],
    version: ModelVersion,
    newer: ModelVersion,
    cars: dict[str, Variant],
    calls: list[tuple],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    row = answered()
    promoted()
    with django_capture_on_commit_callbacks(execute=True):
        assert look_again_at_all() == 1
    assert len(calls) == 1
    assert backfill.look_again() == {"shadow": 0, "again": 1}
    row = Identification.objects.with_answer().get(pk=row.pk)
    assert (row.model_version, row.best.variant, row.look_again) == (newer, cars["bmw"], None)
    assert [one.rank for one in row.predictions.all()] == [1, 2]
    (past,) = row.past
    assert (past.model_version, past.role, past.decision) == (version, "past", "sure")
    assert (
        past.predictions
        == [
            {"label": "Audi A5 Coupe 2012", "slug": "audi-a5-coupe-2012", "probability": 0.9},
            {"label": "BMW M3 Coupe 2012", "slug": "", "probability": 0.1},
        ]
        or past.predictions[1]["slug"] == "bmw-m3-coupe-2012"
    )
    assert look_again_at_all() == 0, "it is the active model's already"


def test_every_answer_names_its_model_on_the_page_in_the_api_and_in_the_export(
    promoted: Callable[[], StubPredictor], user: User, client: Client
) -> None:
    row = answered(user)
    promoted()
    look_again_at_all()
    backfill.look_again()
    client.force_login(user)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "identified by model stub 2" in page
    assert "model stub 1: Audi A5 Coupe 2012, 90%" in page
    api = APIClient()
    api.force_authenticate(user)
    data = api.get(reverse("api:identification-detail", args=[row.pk])).json()
    assert data["model_version"] == "stub 2"
    (earlier,) = data["earlier_answers"]
    assert earlier["model_version"] == "stub 1"
    assert earlier["predictions"][0]["label"] == "Audi A5 Coupe 2012"
    facts, _ = exports.personal_data(user)
    (mine,) = facts["identifications"]
    assert mine["model_version"] == "stub 2"
    assert [one["model_version"] for one in mine["other_answers"]] == ["stub 1"]


def corrected(user: User, variant: Variant, seed: int = 1) -> Identification:
    row = answered(user, seed)
    feedback_record(identification=row, author=user, verdict=Feedback.Verdict.OTHER_VARIANT, variant=variant)
    return row


def test_person_who_corrected_is_told_once_that_the_newer_model_agrees(
    promoted: Callable[[], StubPredictor],
    user: User,
    cars: dict[str, Variant],
    client: Client,
    settings: Settings,
    version: ModelVersion,
) -> None:
    rows = [corrected(user, cars["bmw"], seed) for seed in (1, 2)]
    promoted()
    look_again_at_all()
    assert backfill.look_again()["again"] == 2
    (email,) = OutgoingEmail.objects.all()
    assert email.to == user.email
    assert "BMW M3" in email.subject
    assert any(f"{settings.SITE_URL}{row.get_absolute_url()}" in email.body for row in rows)
    assert "stub 2" in email.body
    client.force_login(user)
    for row in rows:
        assert "You were right" in client.get(row.get_absolute_url()).content.decode()
    Identification.objects.update(model_version=version)
    look_again_at_all()
    backfill.look_again()
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.parametrize("who", ["agrees already", "means another car", "guest"])
def test_others_get_no_mail(
    promoted: Callable[[], StubPredictor], user: User, cars: dict[str, Variant], who: str
) -> None:
    if who == "guest":
        row = answered()
        feedback_record(
            identification=row, author=AnonymousUser(), verdict="other_variant", variant=cars["bmw"]
        )
    else:
        row = corrected(user, cars["audi"])
    if who == "agrees already":
        feedback_record(identification=row, author=user, verdict="right", variant=cars["audi"])
    promoted()
    look_again_at_all()
    assert backfill.look_again()["again"] == 1
    assert not OutgoingEmail.objects.exists()
    told = Feedback.objects.get().told
    assert (told is not None) == (who == "guest"), "a guest reads it on the page"


def test_photo_that_can_not_be_read_any_more_keeps_its_answer_and_holds_no_other_up(
    promoted: Callable[[], StubPredictor], version: ModelVersion
) -> None:
    broken, whole = answered(seed=1), answered(seed=2)
    broken.photo.storage.delete(broken.photo.name)
    promoted()
    look_again_at_all()
    assert backfill.look_again()["again"] == 2
    broken.refresh_from_db()
    whole.refresh_from_db()
    assert (broken.model_version, broken.look_again) == (version, None)
    assert broken.predictions.count() == 2
    assert whole.model_version.version == "2"


def test_photo_deleted_meanwhile_stays_deleted(
    promoted: Callable[[], StubPredictor], newer: ModelVersion
) -> None:
    row = answered()
    promoted()
    identification_delete(identification=Identification.objects.get(pk=row.pk))
    assert not backfill.identification_answer_again(row=row, answer=bmw(), version_id=newer.pk)
    assert not ModelOutput.objects.exists()


def test_late_answer_does_not_overwrite_a_newer_one(
    promoted: Callable[[], StubPredictor], newer: ModelVersion
) -> None:
    row = answered()
    promoted()
    assert backfill.identification_answer_again(row=row, answer=bmw(), version_id=newer.pk)
    assert not backfill.identification_answer_again(row=row, answer=answer(), version_id=newer.pk)
    assert Identification.objects.get().best.label == "BMW M3 Coupe 2012"


def test_visitors_come_before_old_photos(promoted: Callable[[], StubPredictor]) -> None:
    answered(seed=1)
    stub = promoted()
    look_again_at_all()
    send(AnonymousUser(), guest_key="g", data=other_photo(2))
    assert backfill.look_again()["again"] == 0
    assert stub.calls == 0


def test_command_and_buttons_ask_for_it(
    promoted: Callable[[], StubPredictor], client: Client, staff_user: User, user: User, cars: dict[str, Variant], newer: ModelVersion,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    plain, wrong = answered(seed=1), corrected(user, cars["bmw"], seed=2)
    promoted()
    call_command("reidentify", "--corrected")
    assert list(Identification.objects.for_backfill()) == [wrong]
    assert "1 more photo will be answered again" in capsys.readouterr().out
    client.force_login(staff_user)
    page = client.get(f"/admin/classifier/modelversion/{newer.pk}/change/").content.decode()
    assert "Identify 2 photos" in page
    client.post(f"/admin/classifier/modelversion/{newer.pk}/look-again/")
    assert set(Identification.objects.for_backfill()) == {plain, wrong}
    Identification.objects.update(look_again=None)
    data = {"action": "look_again", "_selected_action": [str(plain.pk)]}
    client.post(reverse("admin:classifier_identification_changelist"), data)
    assert list(Identification.objects.for_backfill()) == [plain]
