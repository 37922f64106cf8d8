"""Putting an archive that `backups` wrote in place of all rows and files of a site."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, cast

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.models import Model

from ops import file_fields, tables
from ops.backups import FOLDERS, BackupRefused


def is_empty() -> bool:
    """Whether no app of the site has any rows here, or not even tables."""
    ours = {one.label for one in apps.get_app_configs() if Path(one.path).parent == settings.BASE_DIR}
    there = set(connections["default"].introspection.table_names())
    models = [model for model in tables.models() if model._meta.app_label in ours]
    return not any(model._base_manager.exists() for model in models if model._meta.db_table in there)


def restore(path: Path) -> None:
    """Put an archive that was checked in place of all rows and files, in one transaction.

    Where anything fails before the rows are committed, database and files are as before. After that, files of
    the archive take the place of others by the same name, and files that no row names any more go; where that
    fails, restore once more. Raises whatever database and storage do.
    """
    before, written = tables.file_names(), WrittenFiles()
    with tarfile.open(path, mode="r:") as archive:
        try:
            with transaction.atomic():
                for model in tables.models():
                    model._base_manager.all()._raw_delete("default")
                for member in archive:
                    _restore_member(archive, member, written)
                reset_sequences()
        except BaseException:
            written.undo()
            raise
    written.finish()
    for name in before.keys() - tables.file_names().keys():
        before[name].delete(name)


class WrittenFiles:
    """Files of an archive, written beside the present ones: until `finish` nothing is replaced."""

    def __init__(self) -> None:
        self._removals: list[Callable[[], object]] = []
        self._replacements: list[Callable[[], object]] = []
        self.storages = {name: fields[0].storage for name, fields in file_fields.by_folder().items()}

    def media(self, name: str, content: bytes) -> None:
        storage = self.storages[name.split("/", 1)[0]]
        if storage.exists(name):
            with storage.open(name, "rb") as file:
                if file.read() == content:
                    return
            beside = storage.save(name, io.BytesIO(content))  # gets another name, as this one is taken
            self._removals.append(lambda: storage.delete(beside))
            self._replacements.append(lambda: _replace(storage, name, beside))
        else:
            kept = storage.save(name, io.BytesIO(content))
            self._removals.append(lambda: storage.delete(kept))
            if kept != name:
                raise BackupRefused(f"{name} can't be stored by that name.")

    def var(self, name: str, content: bytes) -> None:
        path = settings.VAR_DIR / name
        beside = path.with_name(f"{path.name}.restored")
        self._removals.append(lambda: beside.unlink(missing_ok=True))
        self._replacements.append(lambda: beside.replace(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)

    def finish(self) -> None:
        """Put everything in its place."""
        for replace in self._replacements:
            replace()

    def undo(self) -> None:
        """Take everything out again."""
        for remove in reversed(self._removals):
            with contextlib.suppress(Exception):
                remove()


def _replace(storage: Storage, name: str, beside: str) -> None:
    """Storages can't rename."""
    with storage.open(beside, "rb") as file:
        content = file.read()
    storage.delete(name)
    storage.save(name, io.BytesIO(content))
    storage.delete(beside)


def _restore_member(archive: tarfile.TarFile, member: tarfile.TarInfo, written: WrittenFiles) -> None:
    file = cast(IO[bytes], archive.extractfile(member))
    kind, _, name = member.name.partition("/")
    if kind == "database":
        _insert(name.removesuffix(".jsonl.gz"), file)
    elif kind == "media":
        written.media(name, file.read())
    elif kind == "var" and ".." not in PurePosixPath(name).parts and name.split("/", 1)[0] in FOLDERS:
        written.var(name, file.read())


def _insert(label: str, file: IO[bytes]) -> None:
    """Rows as they were, without what saving would change: times of creation, derived fields, history."""
    model = apps.get_model(label)
    fields = tables.fields_of(model)
    names = [one.attname for one in fields]
    size = min(500, connections["default"].ops.bulk_batch_size(fields, [None] * 500))
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        batch: list[Model] = []
        for line in lines:
            values = [tables.decoded(one, value) for one, value in zip(fields, json.loads(line), strict=True)]
            batch.append(model.from_db("default", names, values))
            if len(batch) >= size:
                _insert_batch(model, fields, batch)
        _insert_batch(model, fields, batch)


def _insert_batch(model: type[Model], fields: list[tables.Column], batch: list[Model]) -> None:
    if batch:
        model._base_manager._insert(batch, fields=fields, using="default", raw=True)  # type: ignore[attr-defined]
        batch.clear()


def reset_sequences() -> None:
    """The next row of each table gets a number that is free: PostgreSQL counts apart from the rows."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), tables.models()):
            cursor.execute(sql)
