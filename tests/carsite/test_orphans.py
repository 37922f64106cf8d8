"""Files without rows are found and removed, rows without files are told; nothing else is touched."""

from __future__ import annotations

import logging
import os
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError

from carsite import orphans
from carsite.tasks import remove_orphans
from classifier.models import Identification
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
    found = [one for fields in orphans._folders().values() for one in fields]
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


def test_rows_without_files_are_told_and_kept(files_of_rows, caplog):
    without_reference_photos()
    row = Identification.objects.first()
    default_storage.delete(row.photo.name)
    with pytest.raises(CommandError, match="1 rows without files"):
        command("--mend")
    with caplog.at_level(logging.ERROR):
        remove_orphans()
    assert "1 rows without their files" in caplog.text
    assert Identification.objects.filter(pk=row.pk).exists()


def test_clock_removes_orphans_every_day(files_of_rows, settings: Any):
    lost = stored("thumbnails/2026/01/lost.jpg")
    tasks = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert remove_orphans.name in tasks
    remove_orphans()
    assert not default_storage.exists(lost)
    assert all(default_storage.exists(name) for name in files_of_rows)
