"""The questions to the services that every site needs (see `health`).

Each raises where its service does not work.
"""

from __future__ import annotations

import os
import re
import shutil
from functools import cache as cache_forever
from pathlib import Path
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache as default_cache
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.template import engines
from django.template.loader import render_to_string

from core.outages import Unavailable

_FREE_BYTES = 64 * 2**20
_BROKER_SECONDS = 1.0
_STATIC = re.compile(r"""\{%-?\s*static\s+["']([^"'{}]+)["']""")


def database() -> None:
    """A query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def pages() -> None:
    """A page, and every static file that a template names: a release without `manage.py prepare` has none."""
    try:
        missing = [name for name in _named_files() if not _is_served(name)]
        render_to_string("404.html")
    except ValueError:  # the manifest does not know a name
        missing = ["the manifest"]
    if missing:
        raise Unavailable(
            f"Static files of this version are missing, such as {missing[0]}: run `manage.py prepare`, then "
            "start the web server anew."
        )


@cache_forever
def _named_files() -> frozenset[str]:
    """What templates of the site ask for by `{% static %}`."""
    folders = (Path(folder) for engine in engines.all() for folder in engine.template_dirs)
    own = [folder for folder in folders if folder.is_relative_to(settings.BASE_DIR)]
    return frozenset(
        name
        for folder in own
        for template in folder.rglob("*.html")
        for name in _STATIC.findall(template.read_text())
    )


def _is_served(name: str) -> bool:
    """Whether the file is where its address leads; a development site and its storage just have it."""
    stored_name = getattr(staticfiles_storage, "stored_name", None)
    return stored_name is None or bool(staticfiles_storage.exists(stored_name(name)))


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
