"""What becomes of log lines that would hide others: outages, which are no defects, and routine work."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping

from core import outages

#: An outage is told once in so many seconds by each part of a process, however often it is met.
REPEAT_SECONDS = 60.0
#: Who talks to the broker and to nothing else: what they can't reach is the broker.
_OF_BROKER = ("celery.worker.consumer", "celery.beat", "kombu")


class OutagesInOneLine(logging.Filter):
    """Makes a warning of what is logged about a service that is away, without a traceback.

    It says what is away and what that means meanwhile.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False where the same was told just before."""
        error = _error_of(record)
        what = outages.kind(error) if error else ""
        if not what and isinstance(error, OSError) and record.name.startswith(_OF_BROKER):
            what = "broker"
        if not error or not what or record.levelno < logging.WARNING:
            return True
        now, key = time.monotonic(), (record.name, what)
        told, count = self._told.get(key, (-REPEAT_SECONDS, 0))
        if now - told < REPEAT_SECONDS:
            self._told[key] = (told, count + 1)
            return False
        self._told[key] = (now, 0)
        said = outages.named(error) or f"{type(error).__name__}: {error}".splitlines()[0][:200]
        again = f" (met {count} times more since it was last told)" if count else ""
        record.msg, record.args = (
            "%s away: %s%s. %s",
            (what, said.rstrip("."), again, outages.MEANWHILE[what]),
        )
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def _error_of(record: logging.LogRecord) -> BaseException | None:
    """The error that a line is about."""
    if record.exc_info and record.exc_info[1]:
        return record.exc_info[1]
    args = record.args if isinstance(record.args, tuple) else ()
    return next((one for one in args if isinstance(one, BaseException)), None)


class NoRoutine(logging.Filter):
    """Drops Celery's lines about tasks that come every minute or oftener.

    What such a task did it says itself, and failures and delays stay.
    """

    def __init__(self, tasks: Collection[str] = ()) -> None:
        super().__init__()
        self._tasks = frozenset(tasks)

    def filter(self, record: logging.LogRecord) -> bool:
        """False where a line only says that such a task came or went. With LOG_LEVEL=DEBUG it stays."""
        if record.levelno > logging.INFO or not record.name.startswith("celery."):
            return True
        said = [record.args.get("name")] if isinstance(record.args, Mapping) else record.args or ()
        return self._tasks.isdisjoint(str(one) for one in said) or logging.root.isEnabledFor(logging.DEBUG)
