"""One file at a time from a public site, for work outside a crawl: politely, and from nowhere but that site.

The same rules as in crawls: robots.txt is obeyed, a host is asked once a second at most, names are vetted and
the vetted address is connected to, each redirect is looked at again, and what comes is bounded in size and
time.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from scraper.crawl.addresses import AddressBook, AddressRefused

MAX_BYTES = 15 * 2**20
SECONDS = 20.0
MAX_HOPS = 3
_CHUNK = 2**16
_MOVED = (301, 302, 303, 307, 308)


class FetchRefused(Exception):
    """It may not be fetched, now or later; the text says why."""


class FetchGone(Exception):
    """It is not there any more."""


class FetchFailed(Exception):
    """It did not come this time."""


class Fetcher:
    """Fetches for pages of sites; remembers when each host was last asked, and what its robots.txt says."""

    def __init__(
        self,
        agent: str,
        *,
        private: Iterable[str] = (),
        delay: float = 1.0,
        sleep: Callable[[float], Any] = time.sleep,
    ) -> None:
        self._agent, self._private, self._delay, self._sleep = agent, tuple(private), delay, sleep
        self._asked: dict[str, float] = {}
        self._robots: dict[str, Any] = {}

    def get(self, url: str, *, page: str) -> bytes:
        """The bytes at an address that a page of the same site names. Raises FetchRefused, FetchGone or
        FetchFailed.
        """
        for _ in range(MAX_HOPS + 1):
            _belongs(url, page)
            self._ask_robots(url)
            status, location, body = self._request(url)
            if status not in _MOVED:
                break
            url = urljoin(url, location)
        else:
            raise FetchRefused("it leads on and on")
        if status in (404, 410):
            raise FetchGone(f"the site answers {status}")
        if status in (401, 403, 451):
            raise FetchRefused(f"the site refuses it ({status})")
        if status != 200:
            raise FetchFailed(f"the site answers {status}")
        return body

    def _ask_robots(self, url: str) -> None:
        from protego import Protego

        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._robots:
            status, _, body = self._request(f"{root}/robots.txt")
            if status >= 500:
                raise FetchFailed(f"its robots.txt answers {status}")
            self._robots[root] = Protego.parse(body.decode("utf-8", "replace") if status == 200 else "")
        if not self._robots[root].can_fetch(url, self._agent):
            raise FetchRefused("its robots.txt forbids it")

    def _request(self, url: str) -> tuple[int, str, bytes]:
        """Status, where it leads, body."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        try:
            addresses = asyncio.run(AddressBook([host], self._private).check(url))
        except AddressRefused as refusal:
            raise FetchRefused(str(refusal)) from None
        wait = self._asked.get(host, -self._delay) + self._delay - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._asked[host] = time.monotonic()
        secure = parts.scheme == "https"
        connection = _Pinned(host, parts.port or (443 if secure else 80), addresses[0], secure=secure)
        try:
            target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            headers = {"User-Agent": self._agent, "Accept-Encoding": "identity"}
            connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location", ""), _read(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}"[:150]) from None
        finally:
            connection.close()


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
    until, parts, size = time.monotonic() + SECONDS, [], 0
    while chunk := answer.read1(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise FetchRefused(f"it is larger than {MAX_BYTES // 2**20} MB")
        if time.monotonic() > until:
            raise FetchFailed("it is too slow")
        parts.append(chunk)
    return b"".join(parts)


def _belongs(url: str, page: str) -> None:
    """A page's own site and the hosts below it: pictures of other sites are other people's."""
    host, site = (urlsplit(address).hostname or "" for address in (url, page))
    site = site.removeprefix("www.")
    if not site or not (host == site or host.endswith(f".{site}")):
        raise FetchRefused(f"{host or 'it'} is not of the site that shows it")
