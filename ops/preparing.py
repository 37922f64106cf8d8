"""Bringing database and static files up to date before the site starts, and only where something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

#: What decides the contents of a prepared database: table layouts, seed data and the code that loads them.
_SOURCES = (
    "requirements*.txt",
    "*/migrations/*.py",
    "*/data/*",
    "*/seed.py",
    "*/seed/*",
    "*/management/commands/*.py",
)


def database_identity() -> str:
    """Changes where another database, or a new file in place of the old one, is used."""
    values = connection.settings_dict
    name = str(values["NAME"])
    path = Path(name)
    inode = path.stat().st_ino if connection.vendor == "sqlite" and path.exists() else 0
    return f"{connection.vendor} {values['HOST']} {values['PORT']} {name} {inode}"


def _sources() -> Iterator[Path]:
    for pattern in _SOURCES:
        yield from sorted(path for path in settings.BASE_DIR.glob(pattern) if path.is_file())


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{database_identity()} demo={settings.DEBUG}".encode())
    for path in _sources():
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def is_prepared() -> bool:
    """Whether there is nothing to do."""
    return _is_database_prepared() and _are_files_prepared()


def _is_database_prepared() -> bool:
    stamp = settings.VAR_DIR / "prepared"
    return bool(stamp.exists() and stamp.read_text() == _fingerprint())


def _are_files_prepared() -> bool:
    """A storage that does not know is never prepared; a development site needs no collected files."""
    return settings.DEBUG or bool(getattr(staticfiles_storage, "is_collected", False))


def prepare_files(show: Callable[[str], object]) -> None:
    """Collect the static files of this version."""
    if not _are_files_prepared():
        show("Collecting the static files ...")
        call_command("collectstatic", interactive=False, verbosity=0)


def prepare_database(show: Callable[[str], object]) -> None:
    """Migrate and load the seed, with demonstration data where DEBUG is on; `show` takes a line for people.

    A stamp in VAR_DIR remembers for what this was last done. Raises CommandError where the database is away.
    """
    if _is_database_prepared():
        return
    show("Bringing the database and the catalogue up to date ...")
    try:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("load_catalog", verbosity=0)
        if settings.DEBUG:
            call_command("create_demo_users", verbosity=0)
        call_command("load_dealers", demo=settings.DEBUG, verbosity=0)
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CommandError(
            f"The database does not answer: {reason}. Start it, or correct DATABASE_URL (empty: a file in "
            "VAR_DIR)."
        ) from None
    finally:
        connection.close()
    (settings.VAR_DIR / "prepared").write_text(_fingerprint())
