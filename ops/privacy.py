"""Keeping VAR_DIR to the site's own user. What the site writes is private by its umask (see `carsite.env`); a
folder that an earlier version, or `mkdir`, left open is closed when the site starts.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from pathlib import Path

logger = logging.getLogger(__name__)
_OTHERS = 0o077


def close_folder(folder: Path, *, project: Path) -> int:
    """Take from group and others what they may do with `folder` and all in it; how many things that changed.

    A folder that is closed hides what is in it, whatever its modes, so there is nothing to do then. Links are
    not followed. A folder that holds the project itself, or is another user's, is left alone.
    """
    if not folder.is_dir() or project.is_relative_to(folder):
        return 0
    found = folder.stat()
    if not found.st_mode & _OTHERS or found.st_uid != os.geteuid():
        return 0
    changed = 0
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            changed += _close(Path(parent, name))
    changed += _close(folder)  # last: where this is cut short, the next start goes on
    logger.info("%s was open to other users of this machine: closed, with %s things in it", folder, changed)
    return changed


def _close(path: Path) -> bool:
    with contextlib.suppress(OSError):  # gone meanwhile, or another user's
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
            return True
    return False
