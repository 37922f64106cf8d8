"""Defects are reported where an operator says so, and tell nothing about people."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings

SCRIPT = """
import sys
import django
django.setup()
import sentry_sdk
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import path

def defect(request, key):
    secret = request.POST["email"]
    raise ValueError(f"no room for {secret}")

def away(request):
    raise OperationalError("no answer")

urlpatterns = [path("defect/<key>/", defect), path("away/", away)]
handler500 = "carsite.views.server_error"
settings.ROOT_URLCONF = "__main__"
client = Client(raise_request_exception=False, headers={"x-request-id": "of-the-click"})
client.cookies["session"] = "cookie-of-wilhelmina"
sent = {"email": "wilhelmina@example.org", "message": "words of wilhelmina"}
assert client.post("/defect/key-of-a-link/?q=query-of-wilhelmina", sent).status_code == 500
assert client.get("/away/").status_code == 503
sentry_sdk.flush()
"""


UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "": bytes,
}


class Listener(BaseHTTPRequestHandler):
    """Takes envelopes as Sentry does."""

    items: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = UNPACK[self.headers.get("Content-Encoding", "")](body)
        self.items += [json.loads(line) for line in body.splitlines() if line.strip()]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def listener() -> Iterator[HTTPServer]:
    Listener.items.clear()
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(script: str, folder: Path, dsn: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.integration.as_in_production",
        "DEBUG": "0",
        "SECRET_KEY": "0123456789" * 5,
        "ALLOWED_HOSTS": "testserver",
        "VAR_DIR": str(folder),
        "SENTRY_DSN": dsn,
        "LOG_LEVEL": "INFO",
    }
    return subprocess.run(
        [sys.executable, "-c", script],
        env=env,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_defect_is_reported_with_its_id_and_without_people(listener: HTTPServer, tmp_path: Path) -> None:
    done = run(SCRIPT, tmp_path, f"http://key@127.0.0.1:{listener.server_port}/1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("carsite.requests") == 2
    # One of the defect, and none of the service that was away.
    (event,) = (item for item in Listener.items if "exception" in item or "logentry" in item)
    assert event["tags"]["request_id"] == "of-the-click"
    assert event["exception"]["values"][-1]["value"] == "no room for [address]"
    assert event["exception"]["values"][-1]["stacktrace"]["frames"]
    said = json.dumps(Listener.items)
    # No name that could stand in the random ids, which are hexadecimal ("ada" did, now and then).
    for secret in ("wilhelmina", "key-of-a-link", "query", "words"):
        assert secret not in said


def test_site_that_reports_nowhere_does_not_load_the_library(tmp_path: Path) -> None:
    done = run("import sys, django; django.setup(); print('sentry_sdk' in sys.modules)", tmp_path, "")
    assert done.stdout.strip() == "False", done.stderr
