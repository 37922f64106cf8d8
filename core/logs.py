"""Log lines, by structlog: JSON for programs, plain text for a developer, each with the id of its request.

The id comes with a request or is made for it, goes along with each task that the request queues, and is kept
with the photo. A line says what its call says and what is bound; other attributes of a log record stay
out. E-mail addresses and queries are taken out of messages and tracebacks: what is never written needs no
deletion.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Collection
from datetime import UTC, datetime

from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars
from structlog.processors import JSONRenderer, format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_ADDRESS = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(\.[\w-]+)+")
#: What follows the path in an address: words that were searched for, keys, signatures.
_QUERY = re.compile(r"""(?<=[\w/.~%-])\?[^\s'"<>]*=[^\s'"<>]*""")


# --- What a line belongs to ---------------------------------------------------------------------------------
#: `with bound(task=…)`: lines within say these values too.
bound = bound_contextvars


def bind(**values: object) -> None:
    """Every line from here on says these values, in place of all that was bound before."""
    clear_contextvars()
    bind_contextvars(**values)


def request_id() -> str:
    """The id of the request that is answered, or whose task is done; empty where there is none."""
    return str(get_contextvars().get("request_id", ""))


def sane_id(sent: str | None) -> str:
    """An id that came along, unless it could be mistaken or misused; else a new one."""
    return sent if sent and _SANE_ID.fullmatch(sent) else uuid.uuid4().hex


# --- What a line says ---------------------------------------------------------------------------------------
def masked(text: str) -> str:
    """The text without e-mail addresses and queries: databases quote the row that they refuse, and libraries
    the address that they asked.
    """
    return _ADDRESS.sub("[address]", _QUERY.sub("?[query]", text))


def _message(record: logging.LogRecord, message: str, args: object) -> str:
    """The words of a record.

    Of a request it names the view instead of the path, which may hold the key of a mailed link.
    """
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    if request is not None and match and isinstance(args, tuple) and request.path in args:
        return f"{args[0]}: {match.view_name}"
    return message


def _described(logger: WrappedLogger, level: str, event: EventDict) -> EventDict:
    """A record as the values of a line. What a call says besides its message is in `extra={"fields": …}`."""
    record: logging.LogRecord = event["_record"]
    line: EventDict = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": masked(_message(record, event["event"], event.get("positional_args"))),
        **get_contextvars(),
        **{name: _clean(value) for name, value in getattr(record, "fields", {}).items()},
    }
    if "exc_info" in event:
        line["exc_info"] = event["exc_info"]
    return line


def _clean(value: object) -> object:
    return masked(value) if isinstance(value, str) else value


def _without_addresses(logger: WrappedLogger, level: str, event: EventDict) -> EventDict:
    if "exception" in event:
        event["exception"] = masked(event["exception"])
    return event


def _text(logger: WrappedLogger, level: str, event: EventDict) -> str:
    """For reading: what happened, then `name=value`, then the traceback."""
    head = " ".join(str(event.pop(name)) for name in ("time", "level", "logger", "message"))
    trace = event.pop("exception", "")
    values = "".join(f" {name}={value}" for name, value in event.items())
    return head + values + (f"\n{trace}" if trace else "")


# --- How a line looks ---------------------------------------------------------------------------------------
class _Formatter(ProcessorFormatter):
    """Formats the records of Python's own loggers, which Django, Celery and this site write to."""

    def __init__(self, renderer: Processor) -> None:
        processors = (_described, format_exc_info, _without_addresses, renderer)
        super().__init__(processors=processors, pass_foreign_args=True)


class JsonFormatter(_Formatter):
    """One object a line."""

    def __init__(self) -> None:
        super().__init__(JSONRenderer(json.dumps, default=str, ensure_ascii=False))


class TextFormatter(_Formatter):
    """One line a record, and its traceback below."""

    def __init__(self) -> None:
        super().__init__(_text)


class NoOutages(logging.Filter):
    """Drops Django's line, with its traceback, of an answer 503: the request's own line names the reason."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503


def config(*, level: str, as_json: bool, routine: Collection[str] = ()) -> dict[str, object]:
    """Settings of Python's logging. Everything goes to standard error, which the process manager keeps.

    `routine`: names of tasks that come so often that their coming and going is not worth a line.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": JsonFormatter if as_json else TextFormatter}},
        "filters": {
            "no-outages": {"()": NoOutages},
            "outages-in-one-line": {"()": "core.log_filters.OutagesInOneLine"},
            "no-routine": {"()": "core.log_filters.NoRoutine", "tasks": sorted(routine)},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["outages-in-one-line", "no-routine"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "celery.utils.functional": {"level": "WARNING"},
            # A worker that stops gives back what it has just been sent: "undeliverable", and nothing is lost.
            "kombu.transport.virtual.base": {"level": "ERROR"},
            "django": {"handlers": [], "level": "INFO"},
            # The request's own line has the status of what was refused.
            "django.request": {"level": "ERROR", "filters": ["no-outages"]},
            "django.server": {"level": "WARNING"},
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
        },
    }
