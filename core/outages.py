"""Tells outages of services (a page says so, 503) from defects (500)."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError

#: What a visitor's browser or program is told to wait.
RETRY_SECONDS = 30
#: Of a disk: full, gone, read only, failing.
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOTDIR, errno.ENODEV, errno.ESTALE}
#: Of SQLite: its file is locked or can't be opened, read or written just now. All else is SQL of ours that it
#: refuses.
_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
#: Of PostgreSQL, classes of SQLSTATE: no connection, no resources, told to stop, trouble below it.
_POSTGRES = {"08", "53", "57", "58"}
#: Of S3 and the like; named, as their library is loaded only where it is used.
_STORAGE = ("botocore.exceptions.", "urllib3.exceptions.")
#: Of the queue and the cache, and of what is derived from them.
_BROKER = {
    "amqp.exceptions.ConnectionError",
    "kombu.exceptions.OperationalError",
    "redis.exceptions.ConnectionError",
    "redis.exceptions.TimeoutError",
}
#: What is away → what that means until it is back.
MEANWHILE = {
    "broker": "Work waits in the database and goes on by itself once it is back.",
    "database": "Nothing can be stored until it is back; what was under way is tried again then.",
    "disk": "New photos are refused until there is room; those that were taken wait.",
    "storage": "New photos are refused until it is back; those that were taken wait.",
}
_PATH = re.compile(r"(?<!\w)/\S+")


class Unavailable(Exception):
    """A service that the site needs does not work.

    The text is for operators and names no secret and no address.
    """


def named(error: BaseException | None) -> str:
    """The outage behind an error in a line for the log, without paths; empty where the error is a defect."""
    outage = next((one for one in _chain(error) if _kind(one)), None)
    if outage is None:
        return ""
    said = outage.strerror if isinstance(outage, OSError) else str(outage)
    return f"{type(outage).__name__}: {_PATH.sub('[path]', said or '')}".splitlines()[0][:200]


def kind(error: BaseException | None) -> str:
    """What is away, one of `MEANWHILE`; empty where the error is a defect."""
    return next((found for one in _chain(error) if (found := _kind(one))), "")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _kind(error: BaseException) -> str:
    if isinstance(error, OperationalError | InterfaceError):
        return "database" if _is_away(error.__cause__) else ""
    if isinstance(error, OSError) and error.errno in _DISK:
        return "disk"
    names = {f"{one.__module__}.{one.__name__}" for one in type(error).__mro__}
    if names & _BROKER:
        return "broker"
    return "storage" if f"{type(error).__module__}.".startswith(_STORAGE) else ""


def _is_away(said: BaseException | None) -> bool:
    """Whether what the database's driver said, which Django wraps, means that the database is away."""
    if isinstance(said, sqlite3.Error):
        return getattr(said, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _SQLITE
    state = getattr(said, "sqlstate", None)  # PostgreSQL's own verdict: a connection that is lost gave none
    return state is None or state[:2] in _POSTGRES
