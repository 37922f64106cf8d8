"""Whether what the site leans on is there: one small, bounded question to each."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection

from carsite.celery import app as celery_app
from classifier import registry
from classifier.models import ModelVersion

_FREE_BYTES = 64 * 2**20
_BROKER_SECONDS = 1.0


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
    if not os.access(folder, os.W_OK):
        raise Away("The folder for photos can't be written.")
    if shutil.disk_usage(folder).free < _FREE_BYTES:
        raise Away("The disk for photos is nearly full.")


def _model() -> None:
    folder = registry.bundle_path(ModelVersion.objects.active())
    missing = [name for name in ("bundle.json", "model.onnx") if not (folder / name).is_file()]
    if missing:
        raise Away(f"The model bundle lacks {' and '.join(missing)}.")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "broker": _broker,
    "cache": _cache,
    "storage": _storage,
    "model": _model,
}


def _ask(check: Callable[[], None]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        check()
    except Away as away:
        answer: dict[str, Any] = {"ok": False, "reason": str(away)}
    except Exception as error:  # whatever a client library raises, the answer is "not there"
        answer = {"ok": False, "reason": type(error).__name__}
    else:
        answer = {"ok": True}
    return answer | {"ms": round((time.perf_counter() - started) * 1000, 1)}


def report() -> dict[str, Any]:
    """`{"status", "checks": {name: {"ok", "ms", "reason"?}}}`.

    `status` is "ready"; "degraded" where pages work and something waits (photos, mails, limits); "away" where the
    database does not answer and no page can.
    """
    checks = {name: _ask(check) for name, check in CHECKS.items()}
    if not checks["database"]["ok"]:
        status = "away"
    else:
        status = "ready" if all(check["ok"] for check in checks.values()) else "degraded"
    return {"status": status, "checks": checks}
