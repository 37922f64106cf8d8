"""The demonstration site's server: Python's own, a thread a connection, on the loopback address alone."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from scraper.demo_site import pages
from scraper.demo_site.cars import FOLDER, PHOTOS, demo_cars

#: What the site can do wrong, and how. Each fault meets other cars, so all of them may be on at once.
FAULTS = {
    "429": "two cars' pages answer 429 with Retry-After the first time",
    "500": "two cars' pages answer 500 twice",
    "slow": "a car's page takes longer than anyone waits",
    "endless": "a car's page never ends",
    "huge": "a car's page is 40 MB long",
    "private": "links and pages lead to private addresses",
    "layout": "all cars' pages look different and state nothing",
    "duplicates": "cars are found under a second address",
    "disallowed": "lists link to pages that robots.txt forbids",
    "charset": "a page's bytes are not in the encoding that it names",
    "refuse": "every car's page answers 403",
}
_CARS = tuple(car.slug for car in demo_cars())
_AWAY = {
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "intranet": "http://10.0.0.1/",
    "file": "file:///etc/passwd",
}


class DemoSite:
    """The site, as a context manager.

    `hits` counts what was asked for; `vault_hits` what was asked for at a private address that no crawl may
    reach: a second server, which the site's pages lead to where `private` is on. `most_at_once` is the
    largest number of cars' pages that were asked for at the same time, `agents` are who asked; `asked_at` and
    `refused_at` are times (monotonic), the latter of 429 by path. `robots_status` answers for robots.txt.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        faults: frozenset[str] = frozenset(),
        slow_seconds: float = 120.0,
        seconds: float = 0.0,
        robots_status: int = 200,
    ) -> None:
        if unknown := faults - FAULTS.keys():
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        self.faults = faults
        self.seconds = seconds
        self.slow_seconds = slow_seconds
        self.hits: Counter[str] = Counter()
        self.vault_hits: Counter[str] = Counter()
        self.robots_status = robots_status
        self.agents: set[str] = set()
        self.asked_at: list[float] = []
        self.refused_at: dict[str, float] = {}
        self.most_at_once = 0
        self.is_closing = threading.Event()
        self._lock = threading.Lock()
        self._now = 0
        self._site = _server(port, _Handler, self)
        self._vault = _server(0, _Vault, self)

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """While a car's page is answered."""
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        yield
        with self._lock:
            self._now -= 1

    @property
    def address(self) -> str:
        """As `private` of a crawl's job names it."""
        return f"127.0.0.1:{self._site.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def vault(self) -> str:
        """The root of the second server, which stands for a private network."""
        return f"http://127.0.0.1:{self._vault.server_address[1]}"

    def __enter__(self) -> DemoSite:
        for server in (self._site, self._vault):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closing.set()
        for server in (self._site, self._vault):
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """A crawl that is killed, or has had enough, hangs up in the middle: no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _server(port: int, handler: type[BaseHTTPRequestHandler], site: DemoSite) -> ThreadingHTTPServer:
    server = _Server(("127.0.0.1", port), handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.site = site  # type: ignore[attr-defined]  # how Python's handlers get at it
    return server


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def site(self) -> DemoSite:
        site: DemoSite = self.server.site  # type: ignore[attr-defined]
        return site

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (Python's name)
        """Say nothing: tests and commands read `hits`."""

    def answer(
        self, body: str | bytes, kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str
    ) -> None:
        """One whole answer; words of header names are joined by "-"."""
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)


class _Vault(_Quiet):
    def do_GET(self) -> None:
        self.site.vault_hits[self.path] += 1
        self.answer("secret", "text/plain", Access_Control_Allow_Origin="*")


class _Handler(_Quiet):
    def do_GET(self) -> None:
        self.site.hits[self.path] += 1
        self.site.agents.add(self.headers.get("User-Agent", ""))
        self.site.asked_at.append(time.monotonic())
        parts = urlsplit(self.path)
        prefix = "/plain" if parts.path.startswith("/plain/") else ""
        words = parts.path.removeprefix(prefix).strip("/").split("/")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            match words:
                case ["robots.txt"]:
                    self.answer(pages.ROBOTS, "text/plain", status=self.site.robots_status)
                case ["app.js"]:
                    self.answer((FOLDER / "app.js").read_bytes(), "text/javascript")
                case ["style.css"]:
                    self.answer(
                        "@font-face{font-family:Big;src:url(/big.woff2)}*{font-family:Big}", "text/css"
                    )
                case ["photos", name] if (PHOTOS / name).is_file():
                    self.answer((PHOTOS / name).read_bytes(), "image/jpeg")
                case ["cars"]:
                    self._list(prefix, int(parse_qs(parts.query).get("page", ["1"])[0]))
                case ["cars", slug]:
                    self._car(prefix, slug)
                case ["parts", "cars", number] if number.isdecimal():
                    self.answer(pages.list_part(int(number), prefix, self._extra_links(int(number))))
                case ["parts", "cars", slug]:
                    self._part(slug)
                case ["away", "vault"]:
                    self._redirect(f"{self.site.vault}/redirected")
                case _:
                    self.answer("<h1>Not found</h1>", status=404)

    # --- Pages ----------------------------------------------------------------------------------------------
    def _list(self, prefix: str, page: int) -> None:
        if prefix:
            content = pages.list_part(page, prefix, self._extra_links(page))
            self.answer(pages.whole("Cars", content))
        else:
            self.answer(pages.shell("Cars", f"/parts/cars/{page}/"))

    def _extra_links(self, page: int) -> tuple[str, ...]:
        """Links that a list has only where a fault is on."""
        if page != 1:
            return ()
        extra: list[str] = []
        if "private" in self.site.faults:
            extra += [*(f"to-{name}" for name in (*_AWAY, "vault")), "trap"]
        if "duplicates" in self.site.faults:
            extra += [f"{slug}-again" for slug in _CARS[7:10]]
        if "disallowed" in self.site.faults:
            extra += ["staff-car"]
        return tuple(extra)

    def _car(self, prefix: str, slug: str) -> None:
        if self._misbehaves(slug):
            return
        with self.site.busy():
            time.sleep(self.site.seconds)
        if prefix:
            self.answer(pages.whole(slug, self._content(slug)))
        else:
            self.answer(pages.shell(slug, f"/parts/cars/{slug}/"))

    def _part(self, slug: str) -> None:
        content = self._content(slug)
        if content:
            self.answer(content)
        else:
            self.answer("<h1>Not found</h1>", status=404)

    def _content(self, slug: str) -> str:
        if slug == "trap":
            return pages.trap_part(self.site.vault)
        car = next((car for car in demo_cars() if car.slug == slug.removesuffix("-again")), None)
        if car is None:
            return ""
        return pages.changed_part(car) if "layout" in self.site.faults else pages.car_part(car, self.site.url)

    def _redirect(self, target: str) -> None:
        self.answer("", status=302, Location=target)

    # --- Faults ---------------------------------------------------------------------------------------------
    def _fault_of(self, slug: str) -> str:
        """The fault that this request meets; empty where there is none."""
        times = self.site.hits[self.path]
        meets = {
            "private": slug.startswith("to-"),
            "refuse": True,
            "429": slug in _CARS[0:2] and times == 1,
            "500": slug in _CARS[2:4] and times <= 2,
            "slow": slug == _CARS[4],
            "endless": slug == _CARS[5],
            "huge": slug == _CARS[6],
            "charset": slug == _CARS[2],
        }
        return next((name for name, is_met in meets.items() if is_met and name in self.site.faults), "")

    def _misbehaves(self, slug: str) -> bool:
        """Whether a fault has answered already."""
        match self._fault_of(slug):
            case "private":
                name = slug.removeprefix("to-")
                self._redirect(_AWAY.get(name, f"{self.site.vault}/{name}"))
            case "refuse":
                self.answer("No.", status=403)
            case "429":
                self.site.refused_at[self.path] = time.monotonic()
                self.answer("Later.", status=429, Retry_After="1")
            case "500":
                self.answer("Sorry.", status=500)
            case "slow":
                self.site.is_closing.wait(self.site.slow_seconds)
                self.close_connection = True
            case "endless":
                self._pour(pieces=None)
            case "huge":
                self._pour(pieces=640)
            case "charset":
                car = demo_cars()[2]
                self.answer(pages.whole(car.name, pages.car_part(car, self.site.url)).encode("cp1252"))
            case _:
                return False
        return True

    def _pour(self, pieces: int | None) -> None:
        """Pieces of 64 kB at once, or small ones for ever."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if pieces is not None:
            for _ in range(pieces):
                self.wfile.write(b"<p>more</p>\n" * 5461)
            return
        while not self.site.is_closing.is_set():
            self.wfile.write(b"<p>and so on</p>\n")
            time.sleep(0.05)
