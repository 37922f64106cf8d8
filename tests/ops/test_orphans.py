"""Files without rows are found and removed, rows without files are told; nothing else is touched."""

from __future__ import annotations

import logging
import os
import time
from io import StringIO
from pathlib import Path

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from classifier.models import Identification
from dealers.models import Enquiry
from ops import file_fields, restoring
from ops.tasks import remove_orphans
from tests.carsite.admin_rows import fill

pytestmark = pytest.mark.django_db
DAYS = 3 * 24 * 3600


def command(*words: str) -> str:
    out = StringIO()
    call_command("orphans", *words, stdout=out)
    return out.getvalue()


def stored(name: str, *, age: float = DAYS) -> str:
    """A file in the storage that looks `age` seconds old."""
    name = default_storage.save(name, ContentFile(b"\xff\xd8"))
    then = time.time() - age
    os.utime(default_storage.path(name), (then, then))
    return name


@pytest.fixture
def files_of_rows(db: None) -> list[str]:
    """Rows of every model that has files, and the names of these."""
    fill(2)
    found = [one for fields in file_fields.by_folder().values() for one in fields]
    assert {one.model.__name__ for one in found} >= {
        "Identification",
        "ReferencePhoto",
        "Enquiry",
        "VariantPhoto",
    }
    root = Path(default_storage.path(""))
    for path in root.rglob("*"):
        os.utime(path, (0, 0))
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders whose tasks were queued and did not end.

    Each task runs at once, and what happens to it there stays there.
    """
    failed: list[str] = []

    def run(folder: str) -> None:
        try:
            remove_orphans(folder)
        except SoftTimeLimitExceeded:
            failed.append(folder)

    monkeypatch.setattr(remove_orphans, "delay_on_commit", run)
    return failed


def without_reference_photos() -> None:
    """`fill` makes rows of these that name the files of other rows, or none."""
    from classifier.models import ReferencePhoto

    ReferencePhoto.objects.all().delete()


def test_site_that_is_whole_has_no_orphans(files_of_rows):
    without_reference_photos()
    assert len(files_of_rows) > 5
    assert "Nothing is amiss" in command()


def test_orphans_are_told_removed_on_demand_and_nothing_else_is(files_of_rows):
    lost = [stored("photos/2026/01/lost.jpg"), stored("enquiries/2026/01/lost.jpg")]
    young = stored("photos/2026/01/young.jpg", age=60)
    foreign = stored("backups/database.gz")
    out = StringIO()
    with pytest.raises(CommandError, match="2 files without rows"):
        call_command("orphans", stdout=out)
    assert all(name in out.getvalue() for name in lost)
    assert young not in out.getvalue()
    assert "2 files removed" in command("--mend")
    assert not any(default_storage.exists(name) for name in lost)
    assert all(default_storage.exists(name) for name in (young, foreign, *files_of_rows))


def test_rows_without_files_are_told_and_kept(files_of_rows, tasks, caplog):
    without_reference_photos()
    row = Identification.objects.first()
    default_storage.delete(row.photo.name)
    with pytest.raises(CommandError, match="1 row without files"):
        command("--mend")
    with caplog.at_level(logging.ERROR):
        remove_orphans()
    assert "1 rows without their files" in caplog.text
    assert Identification.objects.filter(pk=row.pk).exists()


def test_row_whose_whole_month_is_gone_from_the_storage_is_told(files_of_rows):
    without_reference_photos()
    Identification.objects.filter(pk=Identification.objects.first().pk).update(photo="photos/2019/02/a.jpg")
    with pytest.raises(CommandError, match="1 row without files"):
        command()


def test_clock_removes_orphans_every_day(files_of_rows, tasks, settings: Settings):
    lost = stored("thumbnails/2026/01/lost.jpg")
    names = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert remove_orphans.name in names
    remove_orphans()
    assert not default_storage.exists(lost)
    assert all(default_storage.exists(name) for name in files_of_rows)
    assert tasks == []


def test_a_month_that_takes_too_long_keeps_what_was_mended_and_holds_up_no_other(
    files_of_rows, tasks, settings: Settings, monkeypatch
):
    first, second = stored("photos/2026/01/a.jpg"), stored("photos/2026/01/b.jpg")
    others = [stored("photos/2026/02/lost.jpg"), stored("enquiries/2026/01/lost.jpg")]
    real = FileSystemStorage.delete

    def hangs(self: FileSystemStorage, name: str) -> None:
        if name == second:
            raise SoftTimeLimitExceeded
        real(self, name)

    monkeypatch.setattr(FileSystemStorage, "delete", hangs)
    remove_orphans()
    assert tasks == ["photos/2026/01"]
    assert default_storage.exists(second)
    assert not any(default_storage.exists(name) for name in (first, *others))
    visible_again = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert remove_orphans.soft_time_limit > settings.CELERY_TASK_TIME_LIMIT
    assert remove_orphans.soft_time_limit < remove_orphans.time_limit < visible_again


@pytest.mark.parametrize("upload_to", [lambda row, name: f"secret/{name}", "", "photo.jpg", "%Y/photos/"])
def test_file_field_whose_folder_cannot_be_told_is_refused(upload_to, monkeypatch):
    """Else the search for orphans would leave its files out.

    A restore would not know where to put them either.
    """
    assert file_fields.by_folder()["enquiries"] == [Enquiry._meta.get_field("photo")]
    monkeypatch.setattr(Enquiry._meta.get_field("photo"), "upload_to", upload_to)
    for use in (file_fields.by_folder, restoring.WrittenFiles, command):
        with pytest.raises(ImproperlyConfigured, match=r"dealers\.Enquiry\.photo"):
            use()
