"""Pages while 200 slow clients hold connections, beside pages while nobody does, in turns; and slow photos that arrive.

python -m tests.benchmarks slow
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from urllib.parse import urlsplit

from tests.benchmarks.readers import read_pages
from tests.services import ROOT, Site, Visitor, photo

HELD, UPLOADS, TURNS, SECONDS, SETTLE_SECONDS = 200, 20, 3, 10.0, 2.0
PAGES = ("/", "/cars/", "/cars/?q=audi+a5", "/makes/", "/cars/audi/", "/dealers/")
#: 1.4 MB, more than sockets keep.
LARGE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
TOKEN = "abcdefghijklmnopqrstuvwxyz012345"
#: What a slow client sends at first, and then each second. The token is what has the site read a form's body.
KINDS = (
    (
        "POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Cookie: csrftoken={TOKEN}\r\nContent-Length: 100000\r\n\r\nlogin=",
        "a" * 100,
    ),
    ("GET /cars/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", "b"),
    (f"GET {LARGE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", ""),
)


# --- The slow clients, in a process of their own ------------------------------------------------------------
class Slow:
    """One of them; where the site closes, it comes again."""

    def __init__(self, port: int, kind: tuple[str, str]) -> None:
        self.port, self.kind = port, kind
        self._begin()

    def _begin(self) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket.connect(("127.0.0.1", self.port))
        self.socket.sendall(self.kind[0].encode())
        self.socket.setblocking(False)

    def drip(self) -> None:
        """Some bytes more, or read a few."""
        try:
            if self.kind[1]:
                self.socket.send(self.kind[1].encode())
            elif not self.socket.recv(100):
                raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError:
            self.socket.close()
            self._begin()


def _upload(port: int, number: int, statuses: list[int]) -> None:
    """A photo in twenty pieces over some eight seconds."""
    visitor = Visitor(f"http://127.0.0.1:{port}")
    visitor.get("/accounts/login/")
    jar = {cookie.name: str(cookie.value) for cookie in visitor.cookies()}
    head = (
        f'--b\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{jar["csrftoken"]}\r\n'
        '--b\r\nContent-Disposition: form-data; name="photos"; filename="car.jpg"\r\n\r\n'
    )
    body = head.encode() + photo(50_000 + number) + b"\r\n--b--\r\n"
    cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
    request = (
        f"POST /identify/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nAccept: application/json\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=120) as client:
            client.sendall(request.encode())
            for i in range(20):
                client.sendall(body[i * len(body) // 20 : (i + 1) * len(body) // 20])
                time.sleep(0.4)
            statuses.append(int(client.recv(4096).split(b" ")[1]))
    except (OSError, IndexError):
        statuses.append(0)


def _wait_for_the_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def main(port: str, count: str) -> None:
    """Hold until standard input ends, then print the statuses of the photos."""
    clients = [Slow(int(port), KINDS[i % len(KINDS)]) for i in range(int(count))]
    statuses: list[int] = []
    uploads = [threading.Thread(target=_upload, args=(int(port), i, statuses)) for i in range(UPLOADS)]
    for thread in uploads:
        thread.start()
    print("held", flush=True)
    over = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(over,), daemon=True).start()
    while not over.wait(1.0):
        for client in clients:
            client.drip()
    for thread in uploads:
        thread.join()
    print(json.dumps(statuses))


@contextmanager
def slow_clients(url: str, statuses: list[int]) -> Iterator[None]:
    """So many slow clients meanwhile; `statuses` gets what their photos were answered."""
    words = [sys.executable, "-m", "tests.benchmarks.bench_slow", str(urlsplit(url).port), str(HELD)]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(SETTLE_SECONDS)
        yield
    finally:
        statuses += json.loads(re.findall(r"\[.*\]", process.communicate("")[0])[-1])


# --- The table ----------------------------------------------------------------------------------------------
def _pages(url: str) -> tuple[list[float], int]:
    with read_pages(url, PAGES, connections=2) as found:
        time.sleep(SECONDS)
    return [1000 * one for one in found.seconds], found.errors


def run(site: Site) -> None:
    """Print the table."""
    free: list[float] = []
    held: list[float] = []
    statuses: list[int] = []
    errors = 0
    _pages(site.url)
    for _ in range(TURNS):
        times, wrong = _pages(site.url)
        free, errors = free + times, errors + wrong
        with slow_clients(site.url, statuses):
            times, wrong = _pages(site.url)
        held, errors = held + times, errors + wrong
    print(f"\nPages while {HELD} slow clients hold connections (ms), goal: p95 at most 1.5 times, 0 lost")
    print(f"  {'':40}{'median':>10}{'p95':>10}{'pages':>10}")
    for name, values in (("nobody holds any", free), (f"{HELD} held", held)):
        print(f"  {name:40}{median(values):>10.0f}{_p95(values):>10.0f}{len(values):>10}")
    print(f"  {'p95 to p95':40}{'':>10}{_p95(held) / _p95(free):>10.2f}")
    print(f"  {'errors of pages, slow photos lost of':40}{errors:>10}{len(statuses) - statuses.count(202):>10}"
          f"{len(statuses):>10}")  # fmt: skip


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


if __name__ == "__main__":
    main(*sys.argv[1:])
