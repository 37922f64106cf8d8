"""Files that no row names, and rows whose files are gone.

Files are stored before their rows and removed after them, so a process that dies in between leaves a file too many, never
one too few. Photos are private: what nobody can see or delete any more has to go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.apps import apps
from django.core.files.storage import Storage
from django.db.models import FileField, Model
from django.utils import timezone

#: Younger files may belong to an upload whose row is about to come.
YOUNGEST = timedelta(hours=24)


@dataclass
class Orphans:
    """Names of files without rows, and (row, field) of rows without files."""

    files: list[str] = field(default_factory=list)
    rows: list[tuple[Model, str]] = field(default_factory=list)


def find(*, older_than: timedelta = YOUNGEST) -> Orphans:
    """Compare every file field with its storage. Only files older than `older_than` count."""
    found = Orphans()
    for folder, fields in _folders().items():
        stored = set(_walk(fields[0].storage, folder))
        for one in fields:
            for pk, name in one.model._default_manager.exclude(**{one.name: ""}).values_list("pk", one.name):
                if name in stored:
                    stored.discard(name)
                elif name and not one.storage.exists(name):
                    found.rows += [(row, one.name) for row in one.model._default_manager.filter(pk=pk)]
        before = timezone.now() - older_than
        found.files += sorted(name for name in stored if _is_older(fields[0].storage, name, before))
    return found


def mend(orphans: Orphans) -> int:
    """Remove the files that no row names; returns how many. Rows without files can't be helped: their photos are gone."""
    storages = {folder: fields[0].storage for folder, fields in _folders().items()}
    for name in orphans.files:
        storages[name.split("/", 1)[0]].delete(name)
    return len(orphans.files)


def _folders() -> dict[str, list[FileField]]:
    """The first part of the names that file fields give, with the fields that give them."""
    found: dict[str, list[FileField]] = {}
    for model in apps.get_models():
        for one in model._meta.local_concrete_fields:
            if isinstance(one, FileField) and isinstance(one.upload_to, str):
                found.setdefault(one.upload_to.split("/", 1)[0], []).append(one)
    return found


def _walk(storage: Storage, folder: str) -> Iterator[str]:
    """The names of all files in a folder and those below it."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _walk(storage, f"{folder}/{name}")


def _is_older(storage: Storage, name: str, before: object) -> bool:
    try:
        return bool(storage.get_modified_time(name) < before)  # type: ignore[operator]
    except FileNotFoundError:  # it has gone since
        return False
