"""Files that no row names, and rows whose files are gone.

Files are stored before their rows and removed after them, so a process that dies in between leaves a file too
many, never one too few. Photos are private: what no owner can see or delete any more has to go.

One folder is searched after the other (a folder is a month of photos), so that a large storage is never held
in memory as a whole and what is found can be removed before the rest is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.storage import Storage
from django.db.models import FileField, Model
from django.utils import timezone

from ops import file_fields

#: Younger files may belong to an upload whose row is about to come.
YOUNGEST = timedelta(hours=24)


@dataclass(frozen=True)
class LostFile:
    """A file that no row names."""

    name: str
    storage: Storage

    def remove(self) -> None:
        """For good."""
        self.storage.delete(self.name)


@dataclass(frozen=True)
class BereftRow:
    """A row whose file is gone. It can't be helped."""

    row: Model
    field: str


def find(*, older_than: timedelta = YOUNGEST) -> Iterator[LostFile | BereftRow]:
    """What is amiss, as it is found. Only files older than `older_than` count."""
    waiting = list(file_fields.by_folder())
    while waiting:
        inner, found = look(waiting.pop(), older_than=older_than)
        waiting += inner
        yield from found


def look(
    folder: str, *, older_than: timedelta = YOUNGEST
) -> tuple[list[str], Iterator[LostFile | BereftRow]]:
    """The folders in a folder, and what is amiss in it besides these."""
    fields = file_fields.by_folder()[folder.split("/", 1)[0]]
    storage = fields[0].storage
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        folders, files = [], []
    inner = [f"{folder}/{name}" for name in folders]
    return inner, _amiss(folder, {f"{folder}/{name}" for name in files}, inner, fields, older_than)


def _amiss(
    folder: str, stored: set[str], inner: list[str], fields: list[FileField], older_than: timedelta
) -> Iterator[LostFile | BereftRow]:
    for field in fields:
        # Without rows of the inner folders; those of a folder that the storage lacks are still among these.
        rows = field.model._base_manager.filter(**{f"{field.name}__startswith": f"{folder}/"})
        for one in inner:
            rows = rows.exclude(**{f"{field.name}__startswith": f"{one}/"})
        for pk, name in rows.values_list("pk", field.name).iterator():
            if name in stored:
                stored.discard(name)
            elif not field.storage.exists(name):
                # Read again: a row that was deleted meanwhile lacks nothing.
                yield from (BereftRow(row, field.name) for row in field.model._base_manager.filter(pk=pk))
    before = timezone.now() - older_than
    storage = fields[0].storage
    yield from (LostFile(name, storage) for name in sorted(stored) if _is_older(storage, name, before))


def _is_older(storage: Storage, name: str, before: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < before
    except FileNotFoundError:  # it has gone since
        return False
