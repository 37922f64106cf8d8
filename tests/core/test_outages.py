"""What is away is said to be away; what is broken is not."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import amqp.exceptions
import kombu.exceptions
import psycopg
import pytest
import redis
from botocore.exceptions import EndpointConnectionError
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from carsite import urls as site
from core import outages

SECRET = "connection to server at 10.0.0.5, user hunter2, failed"


def _away(request: HttpRequest) -> HttpResponse:
    raise OperationalError(SECRET)


urlpatterns = [path("away", _away), path("api/away", _away), *site.urlpatterns]
handler500 = site.handler500


def from_driver(error: Exception) -> Exception:
    """As Django hands on what a database's driver raised."""
    wrapped = OperationalError(*error.args)
    wrapped.__cause__ = error
    return wrapped


def of_sqlite(statement: str, *, database: str | Path = ":memory:", setting: str = "") -> Exception:
    """What SQLite says to a statement."""
    try:
        connection = sqlite3.connect(database)
        connection.execute(setting)
        connection.execute(statement)
    except sqlite3.Error as error:
        return from_driver(error)
    raise AssertionError("SQLite took it")


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("no answer"),
        InterfaceError("connection already closed"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "Read-only file system"),
        of_sqlite("", database="/nowhere/at/all.sqlite3"),
        of_sqlite("CREATE TABLE car (name)", setting="PRAGMA query_only = 1"),
        from_driver(psycopg.OperationalError("the connection is lost")),
        from_driver(psycopg.errors.AdminShutdown("terminating connection due to administrator command")),
        from_driver(psycopg.errors.TooManyConnections("sorry, too many clients already")),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
        redis.ConnectionError("Connection refused"),
        redis.TimeoutError("Timeout reading from socket"),
        kombu.exceptions.OperationalError("Error 111 connecting"),
        amqp.exceptions.ConnectionForced("broker forced connection closure"),
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
        redis.ResponseError("wrong number of arguments"),
        of_sqlite("SELECT name FROM car"),
        of_sqlite("SELECT name FRM car"),
        of_sqlite(f"SELECT 'a' LIKE '{'%_' * 50_000}'"),
        of_sqlite(f"SELECT {', '.join(['?'] * 300_000)}"),
        from_driver(sqlite3.OperationalError("Could not decode to UTF-8 column 'name'")),
        from_driver(psycopg.errors.StatementTooComplex("stack depth limit exceeded")),
        from_driver(psycopg.errors.DeadlockDetected("deadlock detected")),
    ],
)
def test_defect_is_no_outage(error: Exception | None) -> None:
    assert outages.named(error) == ""


def test_locked_database_is_an_outage(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite3"
    other = sqlite3.connect(file)
    other.execute("BEGIN EXCLUSIVE")
    error = of_sqlite("CREATE TABLE car (name)", database=file, setting="PRAGMA busy_timeout = 0")
    assert outages.named(error) == "OperationalError: database is locked"
    other.close()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/var/media/photos/2026/11/abc.jpg"),
            "OSError: No space left on device",
        ),
        (OSError(errno.EIO, None), "OSError: "),
        (
            EndpointConnectionError(endpoint_url="https://s3.example.org/photos/2026/11/abc.jpg"),
            'EndpointConnectionError: Could not connect to the endpoint URL: "https:[path]',
        ),
        (OperationalError("disk I/O error\nat length"), "OperationalError: disk I/O error"),
    ],
)
def test_line_of_an_outage_names_no_path(error: Exception, line: str) -> None:
    assert outages.named(error) == line


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/away", "/api/away"])
def test_visitors_are_told_to_come_back_and_nothing_else(settings: Settings, address: str) -> None:
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
        assert "Part of the site is unavailable" in response.text
