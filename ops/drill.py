"""A restore drill: an archive brought back into an empty site of its own, compared, and thrown away."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from django.apps import apps
from django.conf import settings

from ops import backups
from ops.backups import BackupRefused, Manifest

#: What would lead to the site that runs. Set to nothing, not removed: so it wins over `.env`.
_ELSEWHERE = (
    "DATABASE_URL",
    "STORAGE_URL",
    "REDIS_URL",
    "BROKER_URL",
    "EMAIL_URL",
    "SENTRY_DSN",
    "STATIC_DIR",
)


def drill(path: Path) -> Manifest:
    """Restore an archive into SQLite and a folder beside nothing else, and count what came back.

    The site that runs is not touched, and goes on. Raises BackupRefused where anything is missing.
    """
    manifest = backups.check(path)
    with tempfile.TemporaryDirectory(prefix="carsite-drill-") as folder:
        environment = os.environ | dict.fromkeys(_ELSEWHERE, "") | {"VAR_DIR": folder}
        words = [sys.executable, str(settings.BASE_DIR / "manage.py"), "restore", str(path.resolve())]
        done = subprocess.run(  # noqa: S603  (our own command)
            words, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "it ended without a word").splitlines()[-1]
            raise BackupRefused(f"{path} could not be restored in a drill: {said}")
        if lacking := _lacking(manifest, Path(folder)):
            raise BackupRefused(f"{path} was restored in a drill, but not all of it came back: {lacking}.")
    return manifest


def _lacking(manifest: Manifest, folder: Path) -> str:
    with contextlib.closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        for label, wanted in manifest.rows.items():
            table = apps.get_model(label)._meta.db_table
            (found,) = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608  (our tables)
            if found != wanted:
                return f"{found} of {wanted} rows of {label}"
    for name in manifest.digests:
        kind, _, rest = name.partition("/")
        place = {"media": folder / "media" / rest, "var": folder / rest}.get(kind)
        if place and not place.is_file():
            return f"the file {rest}"
    return ""
