"""Which failures mean that a service is away, so that a page says so instead of owning up to a defect."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError

#: What a visitor's browser or program is told to wait.
RETRY_SECONDS = 30
#: Of a disk: full, gone, read only, failing.
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOTDIR, errno.ENODEV, errno.ESTALE}
#: Of S3 and the like; named, as their library is loaded only where it is used.
_STORAGE = ("botocore.exceptions.", "urllib3.exceptions.")


def named(error: BaseException | None) -> str:
    """The outage behind an error in a line for the log; empty where the error is a defect."""
    outage = next((one for one in _chain(error) if _is_outage(one)), None)
    return "" if outage is None else f"{type(outage).__name__}: {outage}".splitlines()[0][:200]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_outage(error: BaseException) -> bool:
    if isinstance(error, OperationalError | InterfaceError):
        return "no such" not in str(error)  # what SQLite says of a database that was not migrated
    if isinstance(error, OSError):
        return error.errno in _DISK
    return f"{type(error).__module__}.".startswith(_STORAGE)
