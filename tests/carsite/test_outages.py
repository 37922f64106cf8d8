"""What is away is said to be away; what is broken is not."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from carsite import outages
from carsite import urls as site

SECRET = "connection to server at 10.0.0.5, user hunter2, failed"


def _away(request: HttpRequest) -> HttpResponse:
    raise OperationalError(SECRET)


urlpatterns = [path("away", _away), path("api/away", _away), *site.urlpatterns]
handler500 = site.handler500


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("nobody answers"),
        InterfaceError("connection already closed"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "Read-only file system"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
    ],
)
def test_service_that_is_away_is_an_outage_however_deep_it_is_wrapped(error: Exception) -> None:
    wrapped = RuntimeError("something else")
    wrapped.__cause__ = error
    assert outages.named(wrapped).startswith(type(error).__name__)
    assert outages.named(error) == outages.named(wrapped)


@pytest.mark.parametrize(
    "error",
    [
        None,
        ValueError("a defect"),
        IntegrityError("duplicate key"),
        FileNotFoundError(errno.ENOENT, "No such file"),
        OperationalError("no such table: catalog_make"),
    ],
)
def test_defect_is_no_outage(error: Exception | None) -> None:
    assert outages.named(error) == ""


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/away", "/api/away"])
def test_visitors_are_told_to_come_back_and_nothing_else(settings: Any, address: str) -> None:
    settings.DEBUG = False
    response = Client(raise_request_exception=False).get(address)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(outages.RETRY_SECONDS)
    assert "no-store" in response.headers["Cache-Control"]
    assert "hunter2" not in response.text
    if address.startswith("/api"):
        assert response.json()["code"] == "away"
        assert set(response.json()) == {"code", "message", "fields"}
    else:
        assert "A part of the site is away" in response.text
