"""Archives in a folder of backups: the next one's name, the newest, and which are old enough to go."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils import timezone

from ops.backups import BackupRefused

#: Nothing else in the folder is ever touched: `carsite-2026-11-21T0340Z.tar`.
_NAME = re.compile(r"carsite-(\d{4}-\d\d-\d\dT\d{4}Z)(?:-(\d+))?\.tar")


def next_archive(folder: Path) -> Path:
    """A name by the time (UTC) that is not there yet; names sort by age."""
    stem = f"carsite-{timezone.now():%Y-%m-%dT%H%MZ}"
    names = [f"{stem}.tar", *(f"{stem}-{number}.tar" for number in range(2, 100))]
    return next(folder / name for name in names if not (folder / name).exists())


def archives(folder: Path) -> list[Path]:
    """The archives of a folder, the newest first."""
    named = [(found, path) for path in folder.iterdir() if (found := _NAME.fullmatch(path.name))]
    named.sort(key=lambda pair: (pair[0][1], int(pair[0][2] or 1)), reverse=True)
    return [path for _, path in named if path.is_file()]


def newest(folder: Path) -> Path:
    """Raises BackupRefused where there is none."""
    found = archives(folder)
    if not found:
        raise BackupRefused(f"{folder} holds no archive that `manage.py backup` named.")
    return found[0]


def remove_old(folder: Path, *, keep: int) -> list[Path]:
    """Remove all archives but the newest `keep`, and return those that went."""
    old = archives(folder)[keep:]
    for path in old:
        path.unlink()
    return old
