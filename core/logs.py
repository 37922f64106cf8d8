"""What the site says of its work: lines of JSON for programs, plain ones for a developer, each with the id of
its request.

The id comes with a request or is made for it, goes along with each task that the request queues, and is kept
with the photo. A line says what its call says and what `bound` holds; whatever else hangs on a log record
stays out, and e-mail addresses are taken out of messages and tracebacks: what is never written needs no
deletion.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_EMPTY: Mapping[str, Any] = {}
_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default=_EMPTY)
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


# --- What a line belongs to ---------------------------------------------------------------------------------
def bind(**values: Any) -> None:
    """Every line from here on says these values, in place of all that was bound before."""
    _bound.set(values)


@contextmanager
def bound(**values: Any) -> Iterator[None]:
    """Lines within say these values too."""
    token = _bound.set({**_bound.get(), **values})
    try:
        yield
    finally:
        _bound.reset(token)


def request_id() -> str:
    """The id of the request that is being answered, or whose task is being done; empty where there is
    none.
    """
    return str(_bound.get().get("request_id", ""))


def sane_id(sent: str | None) -> str:
    """An id that came along, unless it could be mistaken or misused; else a new one."""
    return sent if sent and _SANE_ID.fullmatch(sent) else uuid.uuid4().hex


# --- How a line looks ---------------------------------------------------------------------------------------
def masked(text: str) -> str:
    """The text without e-mail addresses: databases quote the row that they refuse."""
    return _ADDRESS.sub("[address]", text)


def _message(record: logging.LogRecord) -> str:
    """The words of a record; of a request it names the view, as addresses hold keys of mailed links."""
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    if request is not None and match and record.args and request.path in record.args:
        return str(record.args[0]) + f": {match.view_name}"  # type: ignore[index]
    return record.getMessage()


def entry_of(record: logging.LogRecord) -> dict[str, Any]:
    """A record as the fields of a line. What a call wants to say besides its message is in `extra={"fields":
    …}`.
    """
    entry = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": masked(_message(record)),
        **_bound.get(),
        **getattr(record, "fields", _EMPTY),
    }
    if record.exc_info:
        trace = logging.Formatter().formatException(record.exc_info)
        entry["exception"] = masked(trace)
    return entry


class JsonFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(entry_of(record), default=str, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """For reading: what happened, then `name=value`, then the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        entry = entry_of(record)
        head = " ".join(str(entry.pop(name)) for name in ("time", "level", "logger", "message"))
        trace = entry.pop("exception", "")
        values = "".join(f" {name}={value}" for name, value in entry.items())
        return head + values + (f"\n{trace}" if trace else "")


class NoOutages(logging.Filter):
    """Drops Django's line, with its traceback, of a page that could not be had: the request's own line names
    the reason.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503


def config(*, level: str, as_json: bool) -> dict[str, Any]:
    """Settings of Python's logging. Everything goes to standard error: whoever runs the process keeps it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": JsonFormatter if as_json else TextFormatter}},
        "filters": {"no-outages": {"()": NoOutages}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "celery.utils.functional": {"level": "WARNING"},
            "django": {"handlers": [], "level": "INFO"},
            # The request's own line has the status of what was refused.
            "django.request": {"level": "ERROR", "filters": ["no-outages"]},
            "django.server": {"level": "WARNING"},
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
        },
    }
