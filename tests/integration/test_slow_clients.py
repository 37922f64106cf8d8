"""Clients that are slow, send too much or speak no HTTP, against the real web server: nobody else notices."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.services import Site, Visitor, photo

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("site")]
TOKEN = "abcdefghijklmnopqrstuvwxyz012345"
FORM = (
    "POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    f"Cookie: csrftoken={TOKEN}\r\nContent-Length: 100000\r\n\r\nlogin="
)
HEADERS = "GET /cars/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
#: 1.4 MB, more than sockets keep.
LARGE = "GET /static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@contextmanager
def slow_clients(site: Site, each: int) -> Iterator[None]:
    """Half-sent forms, half-sent headers and readers of a large file who take nothing, so many of each."""
    with ExitStack() as stack:
        for start in (FORM, HEADERS, LARGE) * each:
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect(("127.0.0.1", site.port))
            client.sendall(start.encode())
        yield


def multipart(content: bytes, token: str) -> tuple[bytes, str]:
    parts = (
        f'--b\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="photos"; filename="car.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return parts.encode() + content + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


def cookies_of(visitor: Visitor) -> tuple[str, str]:
    """A guest's cookies as a header, and the form token among them."""
    visitor.get("/accounts/login/")
    jar = {cookie.name: str(cookie.value) for cookie in visitor.cookies()}
    return "; ".join(f"{name}={value}" for name, value in jar.items()), jar["csrftoken"]


def talk(site: Site, sent: bytes) -> bytes:
    """What the server answers until it closes."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as client:
        client.sendall(sent)
        answer = b""
        while more := client.recv(65536):
            answer += more
    return answer


def test_pages_come_while_slow_clients_hold_connections_and_a_slow_photo_is_taken(running_site: Site) -> None:
    visitor = Visitor(running_site.url)
    visitor.patience = 10.0
    cookies, token = cookies_of(visitor)
    body, kind = multipart(photo(9001), token)
    head = (
        f"POST /identify/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nCookie: {cookies}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with slow_clients(running_site, 12), socket.create_connection(("127.0.0.1", running_site.port)) as phone:
        phone.settimeout(30)
        phone.sendall(head.encode())
        size = len(body) // 20 + 1
        for start in range(0, len(body), size):
            phone.sendall(body[start : start + size])
            time.sleep(0.02)
            if start % (5 * size) == 0:
                for path in ("/healthz", "/cars/", "/accounts/login/"):
                    assert visitor.get(path).status == 200
        assert b" 202 Accepted" in phone.recv(65536)


@pytest.mark.parametrize("chunk", [700, 100_000])
def test_a_photo_that_comes_in_chunks_is_a_photo(running_site: Site, chunk: int) -> None:
    cookies, token = cookies_of(Visitor(running_site.url))
    body, kind = multipart(photo(9002 + chunk), token)
    connection = http.client.HTTPConnection("127.0.0.1", running_site.port, timeout=30)
    pieces = (body[start : start + chunk] for start in range(0, len(body), chunk))
    headers = {"Content-Type": kind, "Cookie": cookies, "Accept": "application/json"}
    connection.request("POST", "/identify/", pieces, headers, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 202, answer.read()
    connection.close()


REFUSED = {
    "not HTTP": (b"HELLO\r\n\r\n", 400),
    "a header without a colon": (b"GET /api/v1/ HTTP/1.1\r\nnonsense\r\n\r\n", 400),
    "a length that is none": (
        b"POST /api/v1/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        400,
    ),
    "long headers": (b"GET /api/v1/ HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431),
    "a chunk without end": (
        b"POST /api/v1/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 5000,
        400,
    ),
    "too large, before it is sent": (
        b"POST /api/v1/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n",
        413,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told_in_the_form_that_was_asked_for(running_site: Site, name: str) -> None:
    sent, status = REFUSED[name]
    head, _, body = talk(running_site, sent).partition(b"\r\n\r\n")
    assert int(head.split(b" ")[1]) == status
    assert b"\r\nX-Request-Id: " in head
    if b"/api/" in sent:
        assert set(json.loads(body)) == {"code", "message", "fields"}
    else:
        assert b"<h1>" in body


@pytest.mark.parametrize("path", ["/identify", "/accounts/login/", "/api/v1/identifications/"])
def test_a_body_that_is_too_large_is_answered_though_it_is_still_being_sent(
    running_site: Site, path: str
) -> None:
    """Closing at once would reset the connection: browsers then show their own page, not ours."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 40000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", running_site.port), timeout=30) as client:
        client.sendall(head.encode())
        for _ in range(100):
            client.sendall(bytes(100_000))
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while more := client.recv(65536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_connection_serves_on_after_answers_without_a_body(running_site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running_site.port, timeout=30)
    seen = []
    for method, path in (
        ("HEAD", "/cars/"),
        ("GET", "/no-such-page"),
        ("HEAD", "/healthz"),
        ("GET", "/healthz"),
    ):
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
        assert bool(body) == (method == "GET")
        assert connection.sock is not None, "the server closed"
        seen.append(connection.sock.getsockname())
    connection.close()
    assert len(set(seen)) == 1
