"""Everything that the site keeps, in one archive, and back: rows, photos, models and lists of datasets.

The archive does not depend on the kind of database or storage: what was kept in SQLite and a folder can be restored
into PostgreSQL and a bucket. It is a tar file: `database/TABLE.jsonl.gz`, `media/NAME`, `var/NAME`, and at its end
`manifest.json` with the digest of all that, so that an archive that was cut short is known as such.

What it holds is as private as the site: photos, addresses, hashes of passwords and tokens.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import datetime
import gzip
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.db import connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import FileField, JSONField, Model
from django.utils import timezone

from ops import file_fields

FORMAT = 1
MANIFEST = "manifest.json"
#: Folders of VAR_DIR that rows name.
FOLDERS = ("models", "datasets")
_SNAPSHOT = "backup"


class BackupRefused(Exception):
    """An archive can't be written or restored. The text says why, and that nothing was changed."""


@dataclass
class Manifest:
    """What an archive holds: rows by table, and digests of all members but itself."""

    format: int = FORMAT
    created: str = ""
    migrations: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


# --- Writing ------------------------------------------------------------------------------------------------
def write(path: Path) -> Manifest:
    """Write an archive while the site runs; it shows the database as it was at one moment.

    Files that were deleted since that moment are left out and named in the manifest. Raises BackupRefused.
    """
    if path.exists():
        raise BackupRefused(f"{path} exists already. Name another file.")
    manifest = Manifest(created=timezone.now().isoformat(), migrations=_migrations())
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("xb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
            part.chmod(0o600)
            with _snapshot():
                names = _write_rows(archive, manifest)
            for name, storage in names.items():
                _write_media(archive, manifest, name, storage)
            for name, file in _var_files():
                with file.open("rb") as opened:
                    _add(archive, manifest, f"var/{name}", opened)
            _add(archive, Manifest(), MANIFEST, io.BytesIO(json.dumps(asdict(manifest)).encode()))
        part.rename(path)
    except FileExistsError:
        raise BackupRefused(
            f"{part} exists already: another backup is being written, or was cut short."
        ) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return manifest


@contextlib.contextmanager
def _snapshot() -> Iterator[None]:
    """A second connection that sees the database as it is now, and keeps no writer waiting (SQLite: in WAL mode)."""
    values = copy.deepcopy(connections["default"].settings_dict)
    options: dict[str, Any] = values["OPTIONS"]
    if connections["default"].vendor == "postgresql":
        from psycopg import IsolationLevel

        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
    else:
        options.pop("transaction_mode", None)
    connections.settings[_SNAPSHOT] = values
    try:
        with transaction.atomic(using=_SNAPSHOT):
            yield
    finally:
        connections[_SNAPSHOT].close()
        del connections[_SNAPSHOT], connections.settings[_SNAPSHOT]


def _write_rows(archive: tarfile.TarFile, manifest: Manifest) -> dict[str, Storage]:
    """Add all tables; returns the names of the files that their rows name, with where they are."""
    names: dict[str, Storage] = {}
    for model in _models():
        fields = _fields(model)
        files = [one for one in fields if isinstance(one, FileField)]
        rows = model._base_manager.using(_SNAPSHOT).order_by("pk").iterator(chunk_size=1000)
        with tempfile.TemporaryFile() as draft:
            with gzip.open(draft, "wt", compresslevel=6, encoding="utf-8") as lines:
                count = 0
                for row in rows:
                    count += 1
                    lines.write(json.dumps([_encoded(one.value_from_object(row)) for one in fields]) + "\n")
                    names |= {
                        str(getattr(row, one.attname)): one.storage
                        for one in files
                        if getattr(row, one.attname)
                    }
            _add(archive, manifest, _member(model), draft)
        manifest.rows[model._meta.label] = count
    return names


def _write_media(archive: tarfile.TarFile, manifest: Manifest, name: str, storage: Storage) -> None:
    try:
        with storage.open(name, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        manifest.missing.append(name)
    else:
        _add(archive, manifest, f"media/{name}", io.BytesIO(content))


def _var_files() -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for path in sorted((settings.VAR_DIR / folder).rglob("*")):
            if path.is_file():
                yield path.relative_to(settings.VAR_DIR).as_posix(), path


def _add(archive: tarfile.TarFile, manifest: Manifest, name: str, file: Any) -> None:
    member = tarfile.TarInfo(name)
    member.size = file.seek(0, io.SEEK_END)
    file.seek(0)
    manifest.digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    archive.addfile(member, file)


# --- Reading ------------------------------------------------------------------------------------------------
def check(path: Path) -> Manifest:
    """Read all of an archive and change nothing. Raises BackupRefused where it can't be restored by this version."""
    digests: dict[str, str] = {}
    text = b""
    try:
        with tarfile.open(path, mode="r:") as archive:
            for member in archive:
                file = cast(Any, archive.extractfile(member))
                if member.name == MANIFEST:
                    text = file.read()
                else:
                    digests[member.name] = hashlib.file_digest(file, "sha256").hexdigest()
    except (tarfile.TarError, OSError, EOFError, AttributeError) as error:
        raise BackupRefused(
            f"{path} is no backup, or is cut short or damaged ({error}). Nothing was changed."
        ) from None
    if not text:
        raise BackupRefused(f"{path} is cut short: its end is missing. Nothing was changed.")
    manifest = _manifest(path, text)
    if damaged := sorted(
        name for name in digests | manifest.digests if digests.get(name) != manifest.digests.get(name)
    ):
        raise BackupRefused(
            f"{path} is damaged: {len(damaged)} of its parts are not as they were written, such as {damaged[0]}. "
            "Nothing was changed."
        )
    return manifest


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        said = dict(json.loads(text))
        if said.get("format") != FORMAT:
            raise BackupRefused(
                f"{path} has format {said.get('format')}, and this version of the site reads {FORMAT}. Nothing was changed."
            )
        manifest = Manifest(**said)
    except (ValueError, TypeError):  # no JSON, or of something else; names that no manifest has
        raise BackupRefused(
            f"{path} is damaged: its list of contents can't be read. Nothing was changed."
        ) from None
    if differing := sorted(set(manifest.migrations) ^ set(_migrations())):
        raise BackupRefused(
            f"{path} was written by another version of the site: its tables differ ({', '.join(differing[:3])}). Restore it "
            "with that version, then update the site and migrate. Nothing was changed."
        )
    return manifest


# --- Restoring ----------------------------------------------------------------------------------------------
def is_empty() -> bool:
    """Whether no app of the site has any rows here, or not even tables."""
    labels = {one.label for one in apps.get_app_configs() if Path(one.path).parent == settings.BASE_DIR}
    tables = set(connections["default"].introspection.table_names())
    own = [model for model in _models() if model._meta.app_label in labels and model._meta.db_table in tables]
    return not any(model._base_manager.exists() for model in own)


def restore(path: Path) -> None:
    """Put an archive that was checked in place of all rows and files, in one transaction.

    Where anything fails before the rows are committed, database and files are as before. After that, files of the archive
    take the place of others by the same name, and files that no row names any more go; where that fails, restore once more.
    Raises whatever database and storage do.
    """
    before, written = _names(), _Written()
    with tarfile.open(path, mode="r:") as archive:
        try:
            with transaction.atomic():
                for model in _models():
                    model._base_manager.all()._raw_delete("default")
                for member in archive:
                    _restore_member(archive, member, written)
                _reset_sequences()
        except BaseException:
            written.undo()
            raise
    written.finish()
    for name in before.keys() - _names().keys():
        before[name].delete(name)


class _Written:
    """Files of an archive beside those that are there: until `finish` nothing is replaced, so `undo` only removes."""

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


def _restore_member(archive: tarfile.TarFile, member: tarfile.TarInfo, written: _Written) -> None:
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
    fields = _fields(model)
    names = [one.attname for one in fields]
    size = min(500, connections["default"].ops.bulk_batch_size(fields, [None] * 500))
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        batch: list[Model] = []
        for line in lines:
            values = [_decoded(one, value) for one, value in zip(fields, json.loads(line), strict=True)]
            batch.append(model.from_db("default", names, values))
            if len(batch) >= size:
                _insert_batch(model, fields, batch)
        _insert_batch(model, fields, batch)


def _insert_batch(model: type[Model], fields: list[Any], batch: list[Model]) -> None:
    if batch:
        model._base_manager._insert(batch, fields=fields, using="default", raw=True)  # type: ignore[attr-defined]
        batch.clear()


def _reset_sequences() -> None:
    from django.core.management.color import no_style

    connection = connections["default"]
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(sql)


# --- Tables and values --------------------------------------------------------------------------------------
def _models() -> list[type[Model]]:
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def _fields(model: type[Model]) -> list[Any]:
    return [one for one in model._meta.local_concrete_fields if not one.generated]


def _member(model: type[Model]) -> str:
    return f"database/{model._meta.label}.jsonl.gz"


def _names() -> dict[str, Storage]:
    """The files that rows name, with where they are."""
    names: dict[str, Storage] = {}
    for model in _models():
        for one in model._meta.local_concrete_fields:
            if isinstance(one, FileField):
                rows = model._base_manager.exclude(**{one.name: ""}).values_list(one.name, flat=True)
                names |= dict.fromkeys(map(str, rows.iterator()), one.storage)
    return names


def _migrations() -> list[str]:
    """The migrations that this version of the site brings."""
    return sorted(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations)


def _encoded(value: Any) -> Any:
    """A field's value as JSON has it, exactly: Django's own encoder would cut times to milliseconds."""
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return value
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    return str(value)


def _decoded(field: Any, value: Any) -> Any:
    """What `_encoded` wrote, as the field has it."""
    return value if isinstance(field, JSONField) else field.to_python(value)
