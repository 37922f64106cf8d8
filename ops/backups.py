"""Everything that the site keeps, in one archive, and back: rows, photos, models and lists of datasets.

The archive does not depend on the kind of database or storage: what was kept in SQLite and a folder can be
restored into PostgreSQL and a bucket. It is a tar file: `database/TABLE.jsonl.gz`, `media/NAME`, `var/NAME`,
and at its end `manifest.json` with the digest of all that, so that an archive that was cut short is known as
such.

What it holds is as private as the site: photos, addresses, hashes of passwords and tokens.
"""

from __future__ import annotations

import contextlib
import copy
import gzip
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.core.files.storage import Storage
from django.db import connections, transaction
from django.db.models import FileField
from django.utils import timezone

from core.errors import ExpectedError
from ops import tables

FORMAT = 1
MANIFEST = "manifest.json"
#: Folders of VAR_DIR that rows name.
FOLDERS = ("models", "datasets")
_SNAPSHOT = "backup"


class BackupRefused(ExpectedError):
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
    manifest = Manifest(created=timezone.now().isoformat(), migrations=tables.migrations())
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
    """A second connection with a snapshot of the database; it blocks no writer (SQLite: in WAL mode)."""
    values = copy.deepcopy(connections["default"].settings_dict)
    options: dict[str, object] = values["OPTIONS"]
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
    for model in tables.models():
        fields = tables.fields_of(model)
        files = [one for one in fields if isinstance(one, FileField)]
        rows = model._base_manager.using(_SNAPSHOT).order_by("pk").iterator(chunk_size=1000)
        with tempfile.TemporaryFile() as draft:
            with gzip.open(draft, "wt", compresslevel=6, encoding="utf-8") as lines:
                count = 0
                for row in rows:
                    count += 1
                    lines.write(
                        json.dumps([tables.encoded(one.value_from_object(row)) for one in fields]) + "\n"
                    )
                    names |= {
                        str(getattr(row, one.attname)): one.storage
                        for one in files
                        if getattr(row, one.attname)
                    }
            _add(archive, manifest, f"database/{model._meta.label}.jsonl.gz", draft)
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


def _add(archive: tarfile.TarFile, manifest: Manifest, name: str, file: IO[bytes]) -> None:
    member = tarfile.TarInfo(name)
    member.size = file.seek(0, io.SEEK_END)
    file.seek(0)
    manifest.digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    archive.addfile(member, file)


# --- Reading ------------------------------------------------------------------------------------------------
def check(path: Path) -> Manifest:
    """Read all of an archive and change nothing. Raises BackupRefused where this version can't restore it."""
    digests: dict[str, str] = {}
    text = b""
    try:
        with tarfile.open(path, mode="r:") as archive:
            for member in archive:
                file = cast("IO[bytes]", archive.extractfile(member))
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
            f"{path} is damaged: {len(damaged)} of its parts are not as they were written, such as "
            f"{damaged[0]}. "
            "Nothing was changed."
        )
    return manifest


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        said = dict(json.loads(text))
        if said.get("format") != FORMAT:
            raise BackupRefused(
                f"{path} has format {said.get('format')}, and this version of the site reads {FORMAT}. "
                "Nothing was changed."
            )
        manifest = Manifest(**said)
    except (ValueError, TypeError):  # no JSON, or of something else; names that no manifest has
        raise BackupRefused(
            f"{path} is damaged: its list of contents can't be read. Nothing was changed."
        ) from None
    if differing := sorted(set(manifest.migrations) ^ set(tables.migrations())):
        raise BackupRefused(
            f"{path} was written by another version of the site: its tables differ "
            f"({', '.join(differing[:3])}). Restore it "
            "with that version, then update the site and migrate. Nothing was changed."
        )
    return manifest
