"""A server that means ill: bombs, pages and robots.txt without end, redirects in circles, dripping answers."""

from __future__ import annotations

import contextlib
import gzip
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CAR = b"""<!doctype html><html lang="en"><head><title>Audi A5</title><script type="application/ld+json">
{"@type": "Car", "name": "Audi A5", "brand": "Audi", "model": "A5", "vehicleModelDate": "2012", "fuelType": "petrol"}
</script></head><body><h1>Audi A5</h1></body></html>"""
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap(*addresses: str) -> bytes:
    """A sitemap of pages."""
    places = "".join(f"<url><loc>{address}</loc></url>" for address in addresses)
    return f'<?xml version="1.0"?><urlset {_NAMESPACE}>{places}</urlset>'.encode()


def sitemap_index(*addresses: str) -> bytes:
    """A sitemap of sitemaps."""
    places = "".join(f"<sitemap><loc>{address}</loc></sitemap>" for address in addresses)
    return f'<?xml version="1.0"?><sitemapindex {_NAMESPACE}>{places}</sitemapindex>'.encode()


def laughs(address: str) -> bytes:
    """A sitemap whose entities would be 10^9 words."""
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE urlset [{entities}]><urlset {_NAMESPACE}><url><loc>{address}</loc>'
        "</url><url><loc>&a9;</loc></url></urlset>"
    ).encode()


class HostileSite:
    """Answers by path; what has no answer is 404. `hits` counts what was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.hits: Counter[str] = Counter()
        self.is_closing = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                site.hits[self.path] += 1
                answer = site.answers.get(self.path) or _not_found
                with contextlib.suppress(OSError):  # whoever asked has had enough
                    answer(self)

            def log_message(self, *words: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"

    def __enter__(self) -> HostileSite:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.is_closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def says(self, path: str, body: bytes, *, kind: str = "text/html", **headers: str) -> str:
        """Have a path answered; returns its address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            _head(handler, 200, {"Content-Type": kind, "Content-Length": str(len(body))} | headers)
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url + path

    def leads(self, path: str, to: str) -> str:
        """Have a path answered by a redirect."""
        self.answers[path] = lambda handler: _head(handler, 302, {"Location": to, "Content-Length": "0"})
        return self.url + path

    def pours(
        self, path: str, pieces: Callable[[], Iterator[bytes]], *, seconds: float = 0.0, **headers: str
    ) -> str:
        """Have a path answered piece by piece, with a pause between any two, until whoever asks goes away."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            _head(handler, 200, {"Content-Type": "text/html"} | headers)
            for piece in pieces():
                handler.wfile.write(piece)
                handler.wfile.flush()
                if self.is_closing.wait(seconds) if seconds else self.is_closing.is_set():
                    return

        self.answers[path] = answer
        return self.url + path


def _head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def _not_found(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 404, {"Content-Length": "0"})


def bomb(mebibytes: int) -> bytes:
    """Zeros that are packed a thousandfold."""
    return gzip.compress(bytes(mebibytes * 2**20), 9)
