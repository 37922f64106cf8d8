"""The site's settings for tests: nothing outside a temporary folder, and of the developer's environment
nothing but `DATABASE_URL`, by which tests run on PostgreSQL, in databases of their own
(`tests/databases.py`).

Tasks are never eager: they would run before the transaction that asks for them ends, and hide faults of
order. A test calls a task's function itself; `tests/integration` has a real worker.
"""

import os
import tempfile

from carsite.env import VARIABLES

# Set, not removed: what is set here wins over a developer's .env.
_kept = {"DATABASE_URL": os.environ.get("DATABASE_URL", "")}
os.environ.update({variable.name: variable.default or "" for variable in VARIABLES} | _kept)
_var_dir = tempfile.TemporaryDirectory(prefix="carsite-tests-", ignore_cleanup_errors=True)
os.environ.update(DEBUG="1", VAR_DIR=_var_dir.name)

from carsite.settings import *  # noqa: E402, F403
from carsite.settings import CACHES, DATABASES, STATIC_ROOT  # noqa: E402

STATIC_ROOT.mkdir()  # WhiteNoise warns at every request without it

# Durability is worth nothing here, and each worker process gets its own copy of one file (see conftest).
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
CELERY_BROKER_URL = "memory://"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
