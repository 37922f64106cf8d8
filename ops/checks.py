"""The questions to the services that every site needs (see `health`).

Each raises where its service does not work.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.core.cache import cache as default_cache
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection

from core.outages import Unavailable

_FREE_BYTES = 64 * 2**20
_BROKER_SECONDS = 1.0


def database() -> None:
    """A query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def broker() -> None:
    """A connection, tried once."""
    with current_app.connection_for_write(connect_timeout=_BROKER_SECONDS) as connected:
        connected.ensure_connection(max_retries=0, timeout=_BROKER_SECONDS)


def cache() -> None:
    """A value that comes back: the cache hides that Redis is away, so that alone proves that it is there."""
    key, value = "readyz", uuid4().hex
    default_cache.set(key, value, 10)
    if default_cache.get(key) is None:
        raise Unavailable("A value that was stored did not come back.")


def storage() -> None:
    """A bucket that answers, or a folder that can be written to and has room."""
    if not isinstance(default_storage, FileSystemStorage):
        default_storage.exists("readyz")
        return
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Unavailable("The folder for photos can't be written.")
    if shutil.disk_usage(folder).free < _FREE_BYTES:
        raise Unavailable("The disk for photos is nearly full.")
