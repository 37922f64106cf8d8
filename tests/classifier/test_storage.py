"""Files and row of a photo stay together: disks fill up, storages and databases go away at the worst moment."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import OperationalError
from django.db.models import QuerySet
from django.urls import reverse

from classifier.answers.identify import identification_run
from classifier.answers.sweep import identifications_sweep
from classifier.exceptions import PhotoNotStored
from classifier.models import Identification
from tests.classifier.conftest import other_photo, send, stored_files
from tests.classifier.photos import encoded

pytestmark = pytest.mark.django_db
Status = Identification.Status


def fills_up_after(monkeypatch: pytest.MonkeyPatch, count: int, number: int = errno.ENOSPC) -> None:
    """Storing works so many times; then a file is cut short and the disk is full."""
    real, done = FileSystemStorage.save, []

    def save(self: FileSystemStorage, name: str, content: File, max_length: int | None = None) -> str:
        if len(done) < count:
            done.append(name)
            return str(real(self, name, content, max_length))
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read(100))
        raise OSError(number, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", save)


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "storage_full"), (errno.EIO, "storage_away")])
def test_disk_that_fills_up_between_the_files_leaves_neither(user, monkeypatch, count, number, code):
    fills_up_after(monkeypatch, count, number)
    with pytest.raises(PhotoNotStored) as caught:
        send(user)
    assert (caught.value.code, caught.value.status) == (code, 503)
    assert stored_files() == []
    assert not Identification.objects.exists()


def test_row_that_the_database_does_not_take_leaves_no_files(user, monkeypatch):
    def save(self: Identification, **kwargs: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(Identification, "save", save)
    with pytest.raises(PhotoNotStored) as caught:
        send(user)
    assert caught.value.code == "database_busy"
    assert stored_files() == []


def test_row_whose_commit_only_seemed_to_fail_keeps_its_files(user, monkeypatch):
    real = Identification.save

    def save(self: Identification, **kwargs: object) -> None:
        real(self, **kwargs)
        connection_lost()

    def connection_lost() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    # The test's own transaction is the one that does not end here, so the row is there although `save` fails.
    monkeypatch.setattr("classifier.photos.storage.transaction.atomic", Nothing)
    monkeypatch.setattr(Identification, "save", save)
    row = send(user)
    assert Identification.objects.get() == row
    assert len(stored_files()) == 2


class Nothing:
    """A transaction that does not undo anything."""

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None: ...


def test_files_of_a_row_that_may_or_may_not_be_there_stay(user, monkeypatch):
    """A row without its files would be a photo lost; files without a row are found by `manage.py orphans`."""

    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("the database system is starting up")

    monkeypatch.setattr(Identification, "save", away)
    monkeypatch.setattr(QuerySet, "exists", away)
    with pytest.raises(PhotoNotStored) as caught:
        send(user)
    assert caught.value.code == "database_busy"
    assert len(stored_files()) == 2


def test_failed_photo_that_is_sent_again_gets_fresh_files_and_another_try(
    user, predictor, wake_ups, django_capture_on_commit_callbacks
):
    row = send(user)
    row.photo.storage.delete(row.photo.name)
    identification_run(identification_id=row.pk)
    row.refresh_from_db()
    assert row.failure == "photo_missing"
    with django_capture_on_commit_callbacks(execute=True):
        again = send(user)
    assert (again.pk, again.status, again.attempt) == (row.pk, Status.QUEUED, 0)
    assert wake_ups == [str(row.pk)]
    assert len(stored_files()) == 2
    assert identification_run(identification_id=row.pk) == 1
    row.refresh_from_db()
    assert row.status == Status.DONE


def test_answered_photo_that_is_sent_again_stays_as_it_is(user, predictor):
    row = send(user)
    identification_run(identification_id=row.pk)
    before = stored_files()
    assert send(user).status == Status.DONE
    assert stored_files() == before


def test_storage_that_is_away_costs_no_attempt(user, predictor, settings):
    row = send(user)
    media = Path(settings.MEDIA_ROOT)
    media.rename(media.with_name("away"))
    for _ in range(5):
        assert identification_run(identification_id=row.pk) == 0
    row.refresh_from_db()
    assert (row.status, row.attempt, row.lease_until) == (Status.QUEUED, 0, None)
    media.with_name("away").rename(media)
    assert identification_run(identification_id=row.pk) == 1
    row.refresh_from_db()
    assert (row.status, row.attempt) == (Status.DONE, 1)


def test_storage_that_answers_for_others_fails_the_photo_it_can_not_give(user, predictor, monkeypatch):
    """Else one bad object would wait for ever: its attempts are counted, as those of any other defect."""
    row = send(user)

    def denied(self: FileSystemStorage, name: str, mode: str = "rb") -> None:
        raise PermissionError(name)

    monkeypatch.setattr(FileSystemStorage, "open", denied)
    for _ in range(3):
        with pytest.raises(PermissionError):
            identification_run(identification_id=row.pk)
        identifications_sweep()
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.FAILED, "worker_lost")


def test_full_disk_for_temporary_files_is_said_as_kindly(client, monkeypatch, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100

    def full(self: TemporaryUploadedFile, *args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile._TemporaryFileWrapper.write", full, raising=False)
    file = SimpleUploadedFile("car.jpg", encoded(), "image/jpeg")
    url = reverse("classifier:identify")
    answer = client.post(url, {"photos": file}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
    file = SimpleUploadedFile("car.jpg", encoded(), "image/jpeg")
    page = client.post(url, {"photos": file})
    assert page.status_code == 503
    assert "no room for your photo" in page.content.decode()
    assert not Identification.objects.exists()


def test_api_says_when_a_photo_could_not_be_kept(client, user, monkeypatch):
    fills_up_after(monkeypatch, 0)
    client.force_login(user)
    file = SimpleUploadedFile("car.jpg", other_photo(1), "image/jpeg")
    answer = client.post(reverse("api:identification-list"), {"photo": file})
    assert answer.status_code == 503
    assert answer.json()["code"] == "storage_full"
    assert answer["Retry-After"] == "60"
