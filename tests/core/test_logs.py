"""Log lines: one object each, with the id of its request, and without personal data."""

from __future__ import annotations

import errno
import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import kombu.exceptions
import pytest
import redis
from celery.app.trace import build_tracer
from celery.signals import before_task_publish
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from carsite import urls as site
from carsite.celery import app
from carsite.middleware import HEADER
from core import logs, outages

WITH_ADDRESS = "Key (email)=(ada.lovelace@example.org) already exists."


def _defect(request: HttpRequest, key: str) -> HttpResponse:
    raise RuntimeError(WITH_ADDRESS)


_broken = [path("defect/<key>/", _defect, name="defect")]
urlpatterns = [path("broken/", include(_broken)), path("api/broken/", include(_broken)), *site.urlpatterns]
handler404, handler500 = site.handler404, site.handler500


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the log says meanwhile, as production would write it."""
    stream = io.StringIO()
    before = logging.getLogger().handlers[:]
    logging.config.dictConfig(logs.config(level="INFO", as_json=True, routine=["tests.often"]))
    (handler,) = (one for one in logging.getLogger().handlers if one not in before)
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)
    for one in before:
        if one not in logging.getLogger().handlers:
            logging.getLogger().addHandler(one)


@pytest.mark.django_db
def test_request_keeps_a_sane_id_and_its_line_has_it(client: Client, lines: Any) -> None:
    response = client.get("/about/", headers={HEADER: "from-the-proxy.0001"})
    assert response.headers[HEADER] == "from-the-proxy.0001"
    (line,) = (line for line in lines() if line["logger"] == "carsite.requests")
    assert line["request_id"] == "from-the-proxy.0001"
    assert (line["method"], line["view"], line["status"]) == ("GET", "about", 200)
    assert line["ms"] > 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent", ["", "short", "a" * 65, "with space 123", "line\nbreak12", '"><script>x', "-starts-so"]
)
def test_id_that_could_be_misused_is_replaced(client: Client, sent: str) -> None:
    answered = {client.get("/about/", headers={HEADER: sent}).headers[HEADER] for _ in range(2)}
    assert len(answered) == 2, "the same id twice"
    assert sent not in answered
    assert all(len(one) == 32 for one in answered)


@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.parametrize("where", ["/broken", "/api/broken"])
def test_defect_is_found_by_the_id_that_its_page_shows(lines: Any, settings: Settings, where: str) -> None:
    settings.DEBUG = False
    response = Client(raise_request_exception=False).get(f"{where}/defect/key-of-a-mailed-link/")
    assert response.status_code == 500
    number = response.headers[HEADER]
    if where == "/broken":
        assert number in response.text
    said = lines()
    assert {line["request_id"] for line in said} == {number}
    (traced,) = (line for line in said if "exception" in line)
    assert traced["message"] == "Internal Server Error: defect"
    assert "RuntimeError" in traced["exception"]
    assert "key-of-a-mailed-link" not in json.dumps(said)
    assert "ada.lovelace" not in json.dumps(said)


@pytest.mark.django_db
def test_page_that_is_not_there_shows_its_number(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert response.headers[HEADER] in response.text


def test_line_says_what_its_call_says_and_no_other_attribute_of_the_record(lines: Any) -> None:
    with logs.bound(request_id="of-the-click"), logs.bound(task="look"):
        logging.getLogger("a").info(
            "to %s", "ada@example.org", extra={"fields": {"ms": 3}, "data": {"args": "['bob@example.org']"}}
        )
    logging.getLogger("a").info("later")
    first, second = lines()
    assert first["message"] == "to [address]"
    assert (first["request_id"], first["task"], first["ms"]) == ("of-the-click", "look", 3)
    assert "bob" not in json.dumps(first)
    assert "request_id" not in second


def test_text_is_for_reading() -> None:
    record = logging.LogRecord("a.b", logging.WARNING, __file__, 1, "it %s", ("waits",), None)
    with logs.bound(request_id="of-the-click"):
        assert logs.TextFormatter().format(record).endswith("WARNING a.b it waits request_id=of-the-click")


def test_id_goes_along_with_a_task_and_no_further() -> None:
    said: list[str] = []
    headers: dict[str, Any] = {}
    with logs.bound(request_id="of-the-click"):
        before_task_publish.send(sender="tests.say", headers=headers)
    assert headers == {"request_id": "of-the-click"}

    @app.task(name="tests.say")
    def say() -> None:
        said.append(logs.request_id())

    try:
        build_tracer("tests.say", say, app=app)("an-id", (), {}, {"id": "an-id", "is_eager": True, **headers})
    finally:
        del app.tasks["tests.say"]
    assert said == ["of-the-click"]
    assert logs.request_id() == ""


# --- Outages and routine ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("logger", "error", "what"),
    [
        ("celery.worker.consumer.consumer", redis.ConnectionError("Connection closed by server."), "broker"),
        ("celery.worker.consumer.consumer", ConnectionResetError(104, "Connection reset by peer"), "broker"),
        ("celery.beat", kombu.exceptions.OperationalError("Error 111"), "broker"),
        ("celery.app.trace", OperationalError("the connection is closed"), "database"),
        ("classifier.answers.identify", OSError(errno.ENOSPC, "No space left on device"), "disk"),
    ],
)
def test_an_outage_is_one_warning_without_a_traceback_and_says_what_happens_meanwhile(
    lines: Any, logger: str, error: Exception, what: str
) -> None:
    for _ in range(5):  # and is not told again and again
        logging.getLogger(logger).error("Task failed", exc_info=error)
    (line,) = [line for line in lines() if line["logger"] == logger]
    assert line["level"] == "WARNING"
    assert line["message"].startswith(f"{what} away: {type(error).__name__}: ")
    assert line["message"].endswith(outages.MEANWHILE[what])
    assert "exception" not in line


def test_an_outage_behind_another_error_is_one_too(lines: Any) -> None:
    error = RuntimeError("the photo was under way")
    error.__cause__ = OperationalError("the connection is closed")
    logging.getLogger("celery.app.trace").error("Task failed", exc_info=error)
    (line,) = lines()
    assert line["message"].startswith("database away: OperationalError")


def test_attempts_to_reach_the_broker_are_one_line(lines: Any) -> None:
    refused = kombu.exceptions.OperationalError("Error 111 connecting to redis:6379.")
    for wait in (2.0, 4.0):
        logging.getLogger("celery.worker.consumer.consumer").error(
            "consumer: Cannot connect to %s: %s.\n%s\n", "redis://redis:6379", refused, f"Again in {wait}"
        )
    (line,) = lines()
    assert line["message"].startswith("broker away: OperationalError: Error 111")


def test_a_defect_keeps_its_level_and_its_traceback(lines: Any) -> None:
    for _ in range(2):
        logging.getLogger("celery.app.trace").error("Task failed", exc_info=ValueError("a defect"))
    assert [(line["level"], "ValueError: a defect" in line["exception"]) for line in lines()] == [
        ("ERROR", True)
    ] * 2


@pytest.mark.parametrize(("task", "told"), [("tests.often", 0), ("tests.seldom", 3)])
def test_the_coming_and_going_of_tasks_that_come_all_the_time_is_not_told(
    lines: Any, task: str, told: int
) -> None:
    context = {"name": task, "id": "an-id", "runtime": 0.1, "return_value": None}
    logging.getLogger("celery.worker.strategy").info("Task %(name)s[%(id)s] received", context)
    logging.getLogger("celery.app.trace").info("Task %(name)s[%(id)s] succeeded", context)
    logging.getLogger("celery.beat").info("Scheduler: Sending due task %s (%s)", "often", task)
    assert len(lines()) == told
    logging.getLogger("celery.app.trace").error("Task %(name)s[%(id)s] raised unexpected", context)
    assert len(lines()) == told + 1


def test_tasks_of_the_clock_that_come_every_minute_or_oftener_are_routine(settings: Settings) -> None:
    routine = settings.LOGGING["filters"]["no-routine"]["tasks"]
    assert set(settings.SWEEPS) <= set(routine)
    assert "classifier.tasks.identify" not in routine
