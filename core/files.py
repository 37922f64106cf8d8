"""Files and folders that are replaced whole or not at all.

What is new is written beside the old under another name and takes its name in one step (a rename within one
folder). A crash, a full disk or an exception on the way leaves the old one as it was. Nothing here is forced
to the disk (`fsync`): after a power cut the newest writes may be missing, as with any file. Standard library
only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What the names of unfinished files and folders, and of folders that are about to go, end in.
PART, OLD = ".part", ".old"


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Hand out the path to write to; once the block ends well, that file replaces `path`. Parents are made.

    Where the block raises, the unfinished file is removed and `path` stays as it was. Two writers of the same
    path at the same time are not kept apart.
    """
    part = _beside(path, PART)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace the content of `path`; text is written as UTF-8. Raises OSError where it can't be written."""
    with replaced_file(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Hand out a new empty folder; once the block ends well, it replaces `path` with all that is in it.
    Parents are made.

    Where the block raises, the unfinished folder is removed and `path` stays as it was. A folder can't be
    renamed over one that holds files, so the old one steps aside for a moment (`.old`) and is removed last.
    """
    part, old = _beside(path, PART), _beside(path, OLD)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            path.rename(old)
        part.rename(path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
