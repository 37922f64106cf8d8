"""A car is learned from five photos that staff give: named from the next photo on, by every worker, without training."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from catalog.choices import BodyStyle
from catalog.models import CarModel, Make, Variant
from classifier import tasks
from classifier.answers import engine
from classifier.answers.identify import identification_run
from classifier.exceptions import ReferenceRefused
from classifier.models import Identification, ModelVersion, ReferencePhoto
from classifier.photos.uploads import CutShort
from classifier.training import prototypes, reference_photos
from tests.classifier.conftest import send
from tests.ml.conftest import drawn
from tests.ml.tiny import TINY_LABELS, write_tiny_bundle

pytestmark = pytest.mark.django_db
RED, GREEN = (200, 40, 40), (40, 220, 60)
ADD = "admin:classifier_referencephoto_add"


def jpeg(colour: tuple[int, int, int], seed: int) -> bytes:
    stream = io.BytesIO()
    drawn(colour, seed, size=(300, 200)).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def files(count: int, colour: tuple[int, int, int] = RED, start: int = 0) -> list[SimpleUploadedFile]:
    return [
        SimpleUploadedFile(f"{i}.jpg", jpeg(colour, i), "image/jpeg") for i in range(start, start + count)
    ]


@pytest.fixture
def creta() -> Variant:
    make = Make.objects.create(name="Hyundai", slug="hyundai")
    model = CarModel.objects.create(make=make, name="Creta", slug="creta")
    return Variant.objects.create(
        model=model, year=2020, body_style=BodyStyle.SUV, slug="hyundai-creta-suv-2020"
    )


@pytest.fixture(autouse=True)
def queued_tasks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were queued."""
    names: list[str] = []
    for task in (tasks.read_reference_photos, tasks.identify, tasks.look_again):
        monkeypatch.setattr(task, "delay_on_commit", lambda *_, name=task.name, **__: names.append(name))
    return names


@pytest.fixture(autouse=True)
def model(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """A real, tiny model that is active."""
    settings.MODEL_BUNDLE = tmp_path / "tiny"
    write_tiny_bundle(settings.MODEL_BUNDLE)
    engine.unload()
    return ModelVersion.objects.get(pk=engine.current().version_id)


def answer_to(data: bytes, user: User) -> Identification:
    row = send(user, data=data)
    identification_run(identification_id=row.pk)
    return Identification.objects.with_answer().get(pk=row.pk)


def learn(variant: Variant, count: int = 5) -> None:
    reference_photos.reference_photos_add(variant=variant, files=files(count))
    reference_photos.reference_photos_read()


def test_car_is_named_from_the_next_photo_on_and_others_as_before(user, creta, queued_tasks):
    before = answer_to(jpeg(GREEN, 1), user)
    _, refused = reference_photos.reference_photos_add(variant=creta, files=files(5))
    assert refused == []
    assert tasks.read_reference_photos.name in queued_tasks
    tasks.read_reference_photos()
    assert set(ReferencePhoto.objects.values_list("state", flat=True)) == {"counts"}
    red = answer_to(jpeg(RED, 77), user)
    assert red.best.variant == creta
    assert red.makes[0]["make"] == "Hyundai"
    assert red.similar[0]["slug"] == creta.slug
    again = answer_to(jpeg(GREEN, 1) + b"\0", user)
    assert again.best.label == before.best.label
    assert sum(one["probability"] for one in red.ranking) == pytest.approx(1, abs=0.01)


def test_fewer_than_five_photos_are_refused_and_nothing_is_kept(creta):
    with pytest.raises(ReferenceRefused, match="would have 4 usable photos; at least 5 different ones"):
        reference_photos.reference_photos_add(variant=creta, files=files(4))
    with pytest.raises(ReferenceRefused, match="would have 1 usable photo;"):
        reference_photos.reference_photos_add(variant=creta, files=files(1) * 5)
    assert not ReferencePhoto.objects.exists()
    assert not default_storage.exists("reference")


def test_unreadable_photo_is_named_and_the_others_are_kept(creta):
    bad = SimpleUploadedFile("bad.jpg", b"no photo")
    with pytest.raises(ReferenceRefused, match=r"bad\.jpg: This file is not a photo"):
        reference_photos.reference_photos_add(variant=creta, files=[*files(4), bad])
    rows, refused = reference_photos.reference_photos_add(variant=creta, files=[*files(5), bad])
    assert len(rows) == 5
    assert [(name, error.code) for name, error in refused] == [("bad.jpg", "not_an_image")]


def test_file_that_there_was_no_room_for_is_said_to_be_that(creta):
    cut = CutShort(io.BytesIO(), "photos", "cut.jpg", "image/jpeg", 100, None)
    with pytest.raises(ReferenceRefused, match=r"cut\.jpg: There is no room"):
        reference_photos.reference_photos_add(variant=creta, files=[*files(4), cut])


def test_photo_that_shows_no_car_does_not_count_and_says_why(creta, tmp_path, settings, user, monkeypatch):
    write_tiny_bundle(settings.MODEL_BUNDLE, scene="other")
    learn(creta)
    assert set(ReferencePhoto.objects.values_list("state", "reason")) == {("refused", "not_outside")}
    assert prototypes.prototypes_for(engine.current().version_id) == []
    row = ReferencePhoto.objects.with_counts().first()
    assert (row.counting, row.get_reason_display()) == (0, "It shows no car from outside")


def test_lost_and_broken_files_do_not_stop_the_others(creta):
    rows, _ = reference_photos.reference_photos_add(variant=creta, files=files(7))
    default_storage.delete(rows[0].photo.name)
    with default_storage.open(rows[1].photo.name, "wb") as file:
        file.write(b"broken")
    assert reference_photos.reference_photos_read() == 7
    assert [row.reason for row in ReferencePhoto.objects.order_by("pk")] == [
        "missing",
        "unreadable",
        *[""] * 5,
    ]
    assert len(prototypes.prototypes_for(engine.current().version_id)) == 1


def test_car_that_the_model_was_trained_on_is_refused_with_what_to_do(creta):
    trained = Variant.objects.create(
        model=creta.model, year=2012, body_style=BodyStyle.COUPE, slug="audi-a5-coupe-2012"
    )
    assert "Audi A5 Coupe 2012" in TINY_LABELS
    with pytest.raises(ReferenceRefused, match="was trained on the"):
        reference_photos.reference_photos_add(variant=trained, files=files(5))


def test_another_model_reads_them_anew_and_going_back_too(creta, user, settings, model):
    learn(creta)
    write_tiny_bundle(settings.MODEL_BUNDLE, version="other")
    loaded = engine.current()
    assert loaded.version_id != model.pk
    assert answer_to(jpeg(RED, 77), user).best.variant != creta
    assert ReferencePhoto.objects.unseen_by(loaded.version_id).count() == 5
    assert reference_photos.reference_photos_read() == 5
    assert reference_photos.reference_photos_read() == 0
    assert answer_to(jpeg(RED, 78), user).best.variant == creta


def test_sweep_wakes_a_worker_only_where_something_is_unread(creta, queued_tasks):
    reference_photos.reference_photos_sweep()
    assert queued_tasks == []
    reference_photos.reference_photos_add(variant=creta, files=files(5))
    queued_tasks.clear()
    reference_photos.reference_photos_sweep()
    assert queued_tasks == [tasks.read_reference_photos.name]
    reference_photos.reference_photos_read()
    reference_photos.reference_photos_sweep()
    assert len(queued_tasks) == 1


def test_deleting_a_photo_takes_its_file_and_the_car_is_not_named_any_more(
    creta, user, django_capture_on_commit_callbacks
):
    learn(creta)
    assert answer_to(jpeg(RED, 77), user).best.variant == creta
    row = ReferencePhoto.objects.first()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        row.delete()
    assert not default_storage.exists(row.photo.name)
    assert not default_storage.exists(row.thumbnail.name)
    assert answer_to(jpeg(RED, 78), user).best.variant != creta


def test_unpublished_car_is_not_named(creta):
    learn(creta)
    assert len(prototypes.prototypes_for(engine.current().version_id)) == 1
    Variant.objects.filter(pk=creta.pk).update(is_published=False)
    assert prototypes.prototypes_for(engine.current().version_id) == []


def test_nothing_is_read_again_while_nothing_changed(creta, django_assert_num_queries):
    learn(creta)
    engine.current()
    with django_assert_num_queries(2):
        engine.current()


def test_model_that_can_not_learn_answers_as_it_did(creta, user, settings):
    write_tiny_bundle(settings.MODEL_BUNDLE, projection=False)
    learn(creta)
    assert answer_to(jpeg(RED, 77), user).best.label in TINY_LABELS


# --- Admin --------------------------------------------------------------------------------------------------
@pytest.fixture
def staff(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user)
    return client


def test_staff_give_photos_and_see_whether_the_car_is_named(staff, creta):
    response = staff.post(reverse(ADD), {"variant": str(creta), "photos": files(5)}, follow=True)
    page = response.content.decode()
    assert "5 photos of the Hyundai Creta SUV 2020 were added" in page
    assert "not yet: 5 more photos must count" in page
    reference_photos.reference_photos_read()
    page = staff.get(reverse("admin:classifier_referencephoto_changelist")).content.decode()
    assert "not yet" not in page
    assert ReferencePhoto.objects.first().added_by.is_staff


@pytest.mark.parametrize(
    ("count", "words"),
    [(4, "would have 4 usable photos"), (0, "Choose the photos"), (21, "At most 20 photos")],
)
def test_what_is_wrong_is_said_on_the_page(staff, creta, count, words):
    response = staff.post(reverse(ADD), {"variant": creta.slug, "photos": files(count)})
    assert response.status_code == 400
    assert words in response.content.decode()
    assert not ReferencePhoto.objects.exists()


def test_photos_are_for_staff_who_may_view_them_only(staff, creta, user):
    learn(creta)
    address = reverse("admin:classifier_referencephoto_photo", args=[ReferencePhoto.objects.first().pk])
    response = staff.get(address, {"size": "thumbnail"})
    assert response.status_code == 200
    assert Image.open(io.BytesIO(response.getvalue())).size[0] <= 320
    stranger = Client()
    assert stranger.get(address).status_code == 302
    user.is_staff = True
    user.save()
    stranger.force_login(user)
    assert stranger.get(address).status_code == 403
    assert stranger.get(reverse(ADD)).status_code == 403
