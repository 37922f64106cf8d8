"""One file at a time from a public site, for work outside a crawl: politely, and from nowhere but that site.

The same rules as in crawls (`scraper.crawl.politeness`, `scraper.crawl.addresses`): robots.txt is obeyed, a
host is asked once a second at most and left alone where it asks for that, names are vetted and the vetted
address is connected to, each redirect is checked again, and what comes is bounded in size and time.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from core.errors import ExpectedError
from scraper.crawl.addresses import AddressBook, AddressRefused
from scraper.crawl.politeness import BUSY, Backoff, robots_txt

if TYPE_CHECKING:
    from protego import Protego

MAX_BYTES = 15 * 2**20
SECONDS = 20.0
MAX_HOPS = 3
_CHUNK = 2**16
_MOVED = (301, 302, 303, 307, 308)
_GONE = (404, 410)
_FORBIDDEN = (401, 403, 451)
#: Seconds that are waited for a host; one that asks for more is asked the next time.
LONGEST_WAIT = 60.0


class FetchRefused(ExpectedError):
    """The file may not be fetched, now or later; `message` says why."""

    code = "fetch_refused"
    status = 422


class FetchGone(ExpectedError):
    """The file is not there any more."""

    code = "fetch_gone"
    status = 410


class FetchFailed(ExpectedError):
    """The file could not be had this time; a later try may succeed."""

    code = "fetch_failed"
    status = 502


class _Answer(NamedTuple):
    """Status, where it leads, and what was sent."""

    status: int
    location: str
    body: bytes


class Fetcher:
    """Fetches for pages of sites; remembers each host's robots.txt and when it may be asked again."""

    def __init__(
        self,
        agent: str,
        *,
        private: Iterable[str] = (),
        delay: float = 1.0,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._agent, self._private, self._delay, self._sleep = agent, tuple(private), delay, sleep
        self._backoff = Backoff(delay)
        self._next: dict[str, float] = {}
        self._delays: dict[str, float] = {}
        self._left: dict[str, str] = {}
        self._robots: dict[str, Protego] = {}

    def get(self, url: str, *, page: str) -> bytes:
        """The bytes at an address that a page of the same site names.

        Raises FetchRefused, FetchGone or FetchFailed.
        """
        for _ in range(MAX_HOPS + 1):
            _check_site(url, page)
            self.check_robots(url)
            answer = self._request(url)
            if answer.status not in _MOVED:
                return _body_of(answer)
            url = urljoin(url, answer.location)
        raise FetchRefused("it leads on and on")

    def check_robots(self, url: str) -> None:
        """Raises FetchRefused where the address or its site's robots.txt forbids it, FetchFailed for now."""
        from protego import Protego

        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._robots:
            status, _, body = self._request(f"{root}/robots.txt")
            if status >= 500 or status in BUSY:
                raise FetchFailed(f"its robots.txt answers {status}")
            rules = Protego.parse(robots_txt(status, body, of_files=True).decode("utf-8", "replace"))
            self._robots[root] = rules
            self._delays[parts.hostname or ""] = max(self._delay, rules.crawl_delay(self._agent) or 0.0)
        if not self._robots[root].can_fetch(url, self._agent):
            raise FetchRefused("its robots.txt forbids it")

    def _request(self, url: str) -> _Answer:
        parts = urlsplit(url)
        host = parts.hostname or ""
        try:
            addresses = asyncio.run(AddressBook([host], self._private).check(url))
        except AddressRefused as refusal:
            raise FetchRefused(str(refusal)) from None
        self._await_turn(host)
        secure = parts.scheme == "https"
        connection = _Pinned(host, parts.port or (443 if secure else 80), addresses[0], secure=secure)
        try:
            target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            headers = {"User-Agent": self._agent, "Accept-Encoding": "identity"}
            connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            self._note_pause(host, answer)
            return _Answer(answer.status, answer.getheader("Location", ""), _read(answer))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}"[:150]) from None
        finally:
            connection.close()

    def _await_turn(self, host: str) -> None:
        """Wait until a host may be asked. Raises FetchFailed where that is too long, or it was left."""
        if words := self._left.get(host):
            raise FetchFailed(words)
        wait = self._next.get(host, 0.0) - time.monotonic()
        if wait > LONGEST_WAIT:
            raise FetchFailed(f"the site asks for a pause of {wait:.0f} s")
        if wait > 0:
            self._sleep(wait)
        self._next[host] = time.monotonic() + self._delays.get(host, self._delay)

    def _note_pause(self, host: str, answer: http.client.HTTPResponse) -> None:
        pause = self._backoff.after(host, answer.status, header=answer.getheader("Retry-After", ""))
        if pause is None:
            return
        self._next[host] = max(self._next[host], time.monotonic() + pause.seconds)
        if pause.leave:
            self._left[host] = f"{pause.words}: it is left alone"


def _body_of(answer: _Answer) -> bytes:
    if answer.status in _GONE:
        raise FetchGone(f"the site answers {answer.status}")
    if answer.status in _FORBIDDEN:
        raise FetchRefused(f"the site refuses it ({answer.status})")
    if answer.status != 200:
        raise FetchFailed(f"the site answers {answer.status}")
    return answer.body


class _Pinned(http.client.HTTPConnection):
    """Connects to an address that was vetted, under the name of the host."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self.default_port = 443 if secure else 80
        self._address, self._secure = address, secure

    def connect(self) -> None:
        """To the address, with the name that its certificate has to be for."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _read(answer: http.client.HTTPResponse) -> bytes:
    if answer.getheader("Content-Encoding", "identity") != "identity":
        raise FetchRefused("it is packed, which was not asked for")
    until, size = time.monotonic() + SECONDS, 0
    parts: list[bytes] = []
    while chunk := answer.read1(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise FetchRefused(f"it is larger than {MAX_BYTES // 2**20} MB")
        if time.monotonic() > until:
            raise FetchFailed("it is too slow")
        parts.append(chunk)
    return b"".join(parts)


def _check_site(url: str, page: str) -> None:
    """A page's own site and the hosts below it: pictures of other sites are other people's."""
    host, site = (urlsplit(address).hostname or "" for address in (url, page))
    site = site.removeprefix("www.")
    if not site or not (host == site or host.endswith(f".{site}")):
        raise FetchRefused(f"{host or 'it'} is not of the site that shows it")
