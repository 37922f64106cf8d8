"""Limits hold in every setting: several processes together, and each alone while Redis is away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from carsite.env import VARIABLES
from core.cache import ForgivingRedisCache
from ops import stack
from ops.supervisor import Supervisor
from tests.classifier.photos import encoded

ROOT = Path(__file__).resolve().parents[2]
#: Asks twice for a link to set a new password; prints what came back. An hour's limit stands a slow machine.
TRIES = """
from core import cache
cache.TIMEOUT_SECONDS = 20.0
import django; django.setup()
from django.test import Client
asked = {"email": "ada@example.org"}
print(*[Client().post("/accounts/password/reset/", asked).status_code for _ in range(2)])
"""


# --- Several processes --------------------------------------------------------------------------------------
@pytest.fixture
def environment(migrated_database: Path) -> Iterator[dict[str, str]]:
    """A site's folder with a database and a running Redis."""
    folder = Path(tempfile.mkdtemp(prefix="carsite-limits-"))  # a Unix socket's path has to be short
    shutil.copyfile(migrated_database, folder / "db.sqlite3")
    env = os.environ | {variable.name: variable.default or "" for variable in VARIABLES}
    env |= {"DEBUG": "1", "VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "carsite.settings"}
    with Supervisor(log_dir=folder / "log", env=env, show=lambda name, line: None) as supervisor:
        supervisor.start(stack.redis_server(folder / "redis.sock", folder / "redis"))
        supervisor.wait_until_ready()
        yield env
    shutil.rmtree(folder, ignore_errors=True)


def test_three_processes_count_together(environment: dict[str, str]) -> None:
    answers = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", TRIES],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        answers += done.stdout.split()
    assert answers == ["302"] * 3 + ["429"] * 3


# --- Redis away ---------------------------------------------------------------------------------------------
@pytest.fixture
def away(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A site whose Redis is not there."""
    settings.CACHES = {
        "default": {
            "BACKEND": "core.cache.ForgivingRedisCache",
            "LOCATION": f"unix://{tmp_path}/none.sock?db=1",
        }
    }
    ForgivingRedisCache.forget_pauses()
    caches["default"]._here.clear()
    yield
    caches["default"]._here.clear()


@pytest.mark.django_db
def test_wrong_passwords_are_limited_while_redis_is_away(client: Client, user: User, away: None) -> None:
    answers = [
        client.post(reverse("account_login"), {"login": user.email, "password": "x"}).status_code
        for _ in range(6)
    ]
    assert answers == [200] * 5 + [429]


@pytest.mark.django_db
def test_photos_are_limited_while_redis_is_away(client: Client, away: None, settings: Settings) -> None:
    settings.GUEST_UPLOADS_PER_HOUR = 2
    answers = []
    for number in range(3):
        file = SimpleUploadedFile("a.jpg", encoded(comment=str(number).encode()), "image/jpeg")
        answers.append(
            client.post("/identify/", {"photos": file}, headers={"accept": "application/json"}).status_code
        )
    assert answers == [202, 202, 429]


@pytest.mark.django_db
def test_the_api_is_limited_while_redis_is_away(client: Client, away: None) -> None:
    asked = {"email": "nobody@example.org", "password": "x"}
    answers = [
        client.post("/api/v1/tokens/", asked, content_type="application/json").status_code for _ in range(12)
    ]
    assert answers == [400] * 5 + [429] * 7


def test_pages_are_not_cached_in_a_process_while_redis_is_away(away: None) -> None:
    cache = caches["default"]
    cache.set("some-page", "old")
    assert cache.get("some-page") is None
    cache.set("allauth:rl:somebody", [1.0])
    assert cache.get("allauth:rl:somebody") == [1.0]
