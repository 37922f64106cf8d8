"""Time limits of the web server: kind to phones, not to clients that only hold connections."""

from __future__ import annotations

import errno
import json
import time

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory
from waitress.adjustments import Adjustments

from carsite.middleware import RefusedMiddleware
from ops import server
from ops.server import Channel, Parser

ADJUSTMENTS = Adjustments(max_request_header_size=2**15, max_request_body_size=2**62)


def parsed(head: str, body: bytes = b"") -> Parser:
    parser = Parser(ADJUSTMENTS)
    parser.received(head.encode())
    if body:
        parser.received(body)
    return parser


def post(path: str, length: int) -> str:
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"


def late(parser: Parser, *, took: float, rests: float = 1.0, crowded: bool = False) -> bool:
    return Channel._is_late(parser, parser.started + took, rests, crowded=crowded)


def test_a_phone_may_take_five_minutes_for_a_photo_of_ten_megabytes() -> None:
    parser = parsed(post("/identify/", 10**7))
    for seconds in range(10, 300, 10):
        parser.body_bytes_received = 10**7 * seconds // 300
        assert not late(parser, took=seconds, rests=20)


@pytest.mark.parametrize(
    ("took", "received", "rests"),
    [(61, 10, 0.1), (120, 100_000, 1), (30, 20_000, 61), (3600, 5_000_000, 1)],
)
def test_a_body_that_trickles_or_rests_is_given_up(took: float, received: int, rests: float) -> None:
    parser = parsed(post("/identify/", 10**7))
    parser.body_bytes_received = received
    assert late(parser, took=took, rests=rests)


def test_headers_have_twenty_seconds_however_they_trickle() -> None:
    parser = parsed("GET / HTTP/1.1\r\nHost: a\r\nX: ")
    assert not late(parser, took=19)
    assert late(parser, took=21, rests=0.1)


def test_where_all_connections_are_taken_those_that_rest_go_first() -> None:
    parser = parsed(post("/identify/", 10**7))
    assert not late(parser, took=5, rests=0.5, crowded=True)
    assert late(parser, took=5, rests=3, crowded=True)


def test_each_address_takes_the_size_that_it_needs() -> None:
    assert parsed(post("/api/v1/identifications/", settings.MAX_BODY_BYTES + 1)).error.code == 413
    assert parsed(post("/accounts/login/?next=/identify/", 26 * 10**6)).error.code == 413
    assert not parsed(post("/api/v1/identifications/", settings.MAX_BODY_BYTES)).error
    for path, most in settings.MAX_BODY_BYTES_AT.items():
        assert not parsed(post(path, most)).error
        assert parsed(post(path, most + 1)).error.code == 413


def test_a_body_that_does_not_fit_on_the_disk_is_refused_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    parser = parsed(post("/identify/", 10**6))
    monkeypatch.setattr("waitress.buffers.OverflowableBuffer.append", full)
    assert parser.received(b"x" * 1000) == 1000
    assert (parser.error.code, parser.completed) == (507, True)


@pytest.mark.parametrize(("path", "accept"), [("/identify/", "application/json"), ("/api/v1/makes/", "")])
def test_programs_are_told_so_in_json(path: str, accept: str) -> None:
    request = RequestFactory().post(path, headers={"Accept": accept} if accept else {})
    request.META[server.REFUSED] = 507
    response = RefusedMiddleware(lambda request: pytest.fail("passed on"))(request)
    assert response.status_code == 503
    answer = json.loads(response.content)
    assert answer["code"] == "storage_full"
    assert "no room" in answer["message"]


def test_a_chunked_body_has_the_same_limit_and_no_line_without_end() -> None:
    head = "POST /api/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    parser = parsed(head)
    piece = b"fffff\r\n" + bytes(2**20 - 1) + b"\r\n"
    for _ in range(30):
        if parser.completed:
            break
        parser.received(piece)
    assert parser.error.code == 413
    for endless in (b"f" * 4096, b"0\r\nA: " + b"b" * 4096, b"1;" + b"x" * 4096):
        assert parsed(head, endless).error.code == 400


def test_time_for_a_header_does_not_grow_faster_than_the_header() -> None:
    def seconds(size: int) -> float:
        parser, data = Parser(ADJUSTMENTS), b"GET / HTTP/1.1\r\nX: " + b"x" * size
        started = time.perf_counter()
        for i in range(0, len(data), 4):
            parser.received(data[i : i + 4])
        return time.perf_counter() - started

    assert seconds(30_000) < 1.0


@pytest.mark.parametrize(("status", "shown"), [(400, 400), (408, 408), (413, 413), (431, 431), (501, 400)])
@pytest.mark.parametrize("path", ["/identify/", "/api/v1/cars/"])
def test_the_site_words_what_the_server_refuses(path: str, status: int, shown: int) -> None:
    request = RequestFactory().post(path)
    request.META[server.REFUSED] = status
    response = RefusedMiddleware(lambda request: pytest.fail("passed on"))(request)
    assert isinstance(response, HttpResponse)
    assert response.status_code == shown
    assert response["Content-Length"] == str(len(response.content))
    assert response["Content-Type"].startswith("application/json" if "/api/" in path else "text/html")


def test_no_header_can_pass_for_a_refusal() -> None:
    request = RequestFactory().get("/", headers={"carsite.refused": "413", "Carsite-Refused": "413"})
    assert RefusedMiddleware(lambda request: HttpResponse())(request).status_code == 200
