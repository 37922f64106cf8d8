"""Whether what the site leans on is there: one small question to each, all at once, with an end to the waiting."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, connections

from carsite.celery import app as celery_app
from classifier.answers import engine
from classifier.models import ModelVersion
from classifier.training import registry

_FREE_BYTES = 64 * 2**20
_BROKER_SECONDS = 1.0
#: After this long without an answer a service counts as away, whatever its client library would still wait for.
PATIENCE_SECONDS = 2.5


class Away(Exception):
    """What was asked for is not there. The text is for operators and names no secret."""


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    with celery_app.connection_for_write(connect_timeout=_BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=0, timeout=_BROKER_SECONDS)


def _cache() -> None:
    # The cache forgives a Redis that is away, so only a value that comes back proves it is there.
    key, value = "readyz", uuid4().hex
    cache.set(key, value, 10)
    if cache.get(key) is None:
        raise Away("A value that was stored did not come back.")


def _storage() -> None:
    if not isinstance(default_storage, FileSystemStorage):
        default_storage.exists("readyz")
        return
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Away("The folder for photos can't be written.")
    if shutil.disk_usage(folder).free < _FREE_BYTES:
        raise Away("The disk for photos is nearly full.")


def _model() -> None:
    folder = registry.bundle_path(ModelVersion.objects.active())
    missing = [name for name in ("bundle.json", "model.onnx") if not (folder / name).is_file()]
    if missing:
        raise Away(f"The model bundle lacks {' and '.join(missing)}.")
    if engine.is_away():
        raise Away("Workers lately found no model that they can use.")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "broker": _broker,
    "cache": _cache,
    "storage": _storage,
    "model": _model,
}


class _Question:
    """A check in a thread of its own: a service that hangs holds up neither the others nor whoever asks.

    While one goes unanswered no second one is put: a health page that is asked every second must not pile up threads.
    """

    _open: ClassVar[dict[str, _Question]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, name: str) -> None:
        self.name = name
        self.answer: dict[str, Any] | None = None
        self._started = time.perf_counter()
        self._thread = threading.Thread(target=self._put, name=f"readyz-{name}", daemon=True)

    @classmethod
    def put(cls, name: str) -> _Question:
        """The question that is still open, or a new one."""
        with cls._lock:
            question = cls._open.get(name)
            if question is None or not question._thread.is_alive():
                question = cls._open[name] = cls(name)
                question._thread.start()
        return question

    def _put(self) -> None:
        try:
            CHECKS[self.name]()
        except Away as away:
            self.answer = self._away(str(away))
        except Exception as error:  # whatever a client library raises, the answer is "not there"
            self.answer = self._away(type(error).__name__)
        else:
            self.answer = {"ok": True, "ms": self._ms()}
        finally:
            connections.close_all()  # this thread's own

    def wait(self, until: float) -> dict[str, Any]:
        """The answer; `until` (monotonic seconds) is when silence becomes one."""
        self._thread.join(max(0.0, until - time.monotonic()))
        return self.answer or self._away("No answer in time.")

    def _away(self, reason: str) -> dict[str, Any]:
        return {"ok": False, "ms": self._ms(), "reason": reason}

    def _ms(self) -> float:
        return round((time.perf_counter() - self._started) * 1000, 1)


def report() -> dict[str, Any]:
    """`{"status", "checks": {name: {"ok", "ms", "reason"?}}}`, within `PATIENCE_SECONDS`.

    `status` is "ready"; "degraded" where pages work and something waits (photos, mails, limits); "away" where the
    database does not answer and no page can. A reason is for operators; even so it names no address and no secret.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    questions = [_Question.put(name) for name in CHECKS]
    checks = {question.name: question.wait(until) for question in questions}
    if not checks["database"]["ok"]:
        status = "away"
    else:
        status = "ready" if all(check["ok"] for check in checks.values()) else "degraded"
    return {"status": status, "checks": checks}
