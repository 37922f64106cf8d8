"""What operators and load balancers ask."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache, caches
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from carsite import __version__
from classifier.models import Identification
from core import heartbeats
from ops import checks, health
from tests.classifier.conftest import send

CHECKS = {"database", "pages", "broker", "cache", "storage", "model", "beat", "worker", "queue"}


@pytest.fixture(autouse=True)
def bundle(settings: Settings, tmp_path: Path) -> Path:
    """A bundle whose files are there; what is in them is not asked by a health page."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name in ("bundle.json", "model.onnx"):
        (folder / name).write_bytes(b"x")
    settings.MODEL_BUNDLE = folder
    return folder


@pytest.fixture(autouse=True)
def _signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "_last", {})
    for name in heartbeats.GOOD_FOR:
        heartbeats.give(name)


@pytest.fixture(autouse=True)
def operator(settings: Settings) -> dict[str, str]:
    """Headers of an operator, who may know why something is away."""
    settings.METRICS_TOKEN = "a-token-of-the-operators"
    return {"authorization": "Bearer a-token-of-the-operators"}


@pytest.fixture
def broken_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ConnectionError("postgres://user:secret@db.internal refused")

    monkeypatch.setattr("ops.checks.database", refuse)


def test_healthz_asks_no_service(client: Client) -> None:
    # No database mark: a query would fail this test.
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.text == f"ok\ncarsite {__version__}\n"
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_readyz_names_each_dependency_with_its_time(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    report = response.json()
    assert report["status"] == "ready", report
    assert set(report["checks"]) == CHECKS
    for check in report["checks"].values():
        assert check["ok"] is True
        assert check["ms"] >= 0
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_missing_bundle_degrades_and_keeps_the_site_in_service(
    client: Client, bundle: Path, operator: dict[str, str]
) -> None:
    (bundle / "model.onnx").unlink()
    response = client.get("/readyz", headers=operator)
    assert response.status_code == 200
    report = response.json()
    assert report["status"] == "degraded"
    assert report["checks"]["model"]["ok"] is False
    assert "model.onnx" in report["checks"]["model"]["reason"]
    assert all(report["checks"][name]["ok"] for name in CHECKS - {"model"})


@pytest.mark.django_db
def test_broker_that_is_away_is_said_within_seconds(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import Celery

    # Nothing listens on the discard port.
    monkeypatch.setattr(
        "ops.checks.current_app", Celery("away", broker="redis://127.0.0.1:9/0", set_as_current=False)
    )
    check = client.get("/readyz").json()["checks"]["broker"]
    assert check["ok"] is False
    assert check["ms"] < 5000


@pytest.mark.django_db
def test_cache_that_forgets_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(caches["default"]), "get", lambda *args, **kwargs: None)
    report = client.get("/readyz").json()
    assert report["status"] == "degraded"
    assert report["checks"]["cache"]["ok"] is False


@pytest.mark.django_db
def test_full_disk_is_said(client: Client, operator: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    check = client.get("/readyz", headers=operator).json()["checks"]["storage"]
    assert check["ok"] is False
    assert "full" in check["reason"]


@pytest.mark.django_db
def test_folder_that_is_no_folder_is_said(
    client: Client, settings: Settings, operator: dict[str, str]
) -> None:
    Path(settings.MEDIA_ROOT).touch()
    check = client.get("/readyz", headers=operator).json()["checks"]["storage"]
    assert check["ok"] is False
    assert "written" in check["reason"]


def test_site_without_its_database_is_not_ready_and_tells_no_secret(
    client: Client, broken_database: None, operator: dict[str, str]
) -> None:
    response = client.get("/readyz", headers=operator)
    assert response.status_code == 503
    report = response.json()
    assert report["status"] == "away"
    assert report["checks"]["database"]["reason"] == "ConnectionError"
    assert "secret" not in json.dumps(report)


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["", "Bearer wrong", "Bearer ", "a-token-of-the-operators"])
def test_strangers_are_told_what_is_away_and_not_why(client: Client, bundle: Path, sent: str) -> None:
    (bundle / "model.onnx").unlink()
    report = client.get("/readyz", headers={"authorization": sent}).json()
    assert report["checks"]["model"]["ok"] is False
    assert "reason" not in json.dumps(report)


@pytest.mark.django_db
def test_workers_without_a_usable_model_are_said(client: Client, operator: dict[str, str]) -> None:
    cache.set("classifier-away", "away")
    check = client.get("/readyz", headers=operator).json()["checks"]["model"]
    assert check["ok"] is False
    assert "Workers" in check["reason"]


@pytest.mark.django_db
def test_service_that_hangs_holds_up_neither_the_answer_nor_ever_more_threads(
    client: Client, operator: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr("ops.checks.storage", let_go.wait)
    try:
        started = time.monotonic()
        reports = [client.get("/readyz", headers=operator).json() for _ in range(3)]
        assert time.monotonic() - started < 10
        for report in reports:
            assert report["status"] == "degraded"
            assert report["checks"]["storage"]["reason"] == "No answer in time."
            assert report["checks"]["database"]["ok"] is True
        assert [thread.name for thread in threading.enumerate()].count("readyz-storage") == 1
    finally:
        let_go.set()
    assert client.get("/readyz").json()["status"] == "ready"


@pytest.mark.django_db
@pytest.mark.parametrize(("silent", "said"), [("beat", "beat"), ("worker", "No worker")])
def test_what_answers_no_requests_is_said_to_be_gone_once_it_is_silent(
    client: Client, operator: dict[str, str], silent: str, said: str
) -> None:
    cache.delete(f"alive-{silent}")
    report = client.get("/readyz", headers=operator).json()
    assert report["status"] == "degraded"
    assert [name for name, check in report["checks"].items() if not check["ok"]] == [silent]
    assert said in report["checks"][silent]["reason"]


@pytest.mark.django_db
def test_idle_workers_are_not_blamed_for_a_beat_that_is_gone(client: Client) -> None:
    for name in ("beat", "worker"):
        cache.delete(f"alive-{name}")
    checks = client.get("/readyz").json()["checks"]
    assert [name for name, check in checks.items() if not check["ok"]] == ["beat"]


@pytest.mark.django_db(transaction=True)  # the question is put over another connection
def test_a_photo_that_waits_for_long_is_said(client: Client, operator: dict[str, str]) -> None:
    row = send()
    assert client.get("/readyz").json()["checks"]["queue"]["ok"] is True
    Identification.objects.filter(pk=row.pk).update(created=timezone.now() - timedelta(minutes=6))
    check = client.get("/readyz", headers=operator).json()["checks"]["queue"]
    assert check["ok"] is False
    assert "36" in check["reason"]


@pytest.mark.django_db
def test_a_release_without_its_static_files_is_away(
    client: Client, settings: Settings, tmp_path: Path, operator: dict[str, str]
) -> None:
    """Its pages would be 500: the manifest of this version is missing."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    backend = {"BACKEND": "carsite.static_files.StaticFiles"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": backend}
    response = client.get("/readyz", headers=operator)
    assert response.status_code == 503
    assert response.json()["status"] == "away"
    assert "manage.py prepare" in response.json()["checks"]["pages"]["reason"]


@pytest.mark.django_db
def test_a_static_file_that_a_page_names_and_that_was_deleted_is_noticed(
    client: Client, monkeypatch: pytest.MonkeyPatch, operator: dict[str, str]
) -> None:
    name = sorted(checks._named_files())[0]
    monkeypatch.setattr(checks, "_is_served", lambda one: one != name)
    assert name in client.get("/readyz", headers=operator).json()["checks"]["pages"]["reason"]
