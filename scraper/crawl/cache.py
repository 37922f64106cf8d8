"""Every page that a source has sent, kept: what makes a resume, a replay and a polite second visit possible.

One SQLite file for each source. An entry is whole or not there, whenever the process is killed.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpcache import HttpCacheMiddleware
from scrapy.http import Headers, Request, Response
from scrapy.responsetypes import responsetypes

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.settings import BaseSettings

#: Pages that were not read again are deleted after this time.
KEPT_SECONDS = 120 * 24 * 3600
_KEPT_STATUS = frozenset({200, 301, 302, 303, 307, 308, 404, 410})
_TABLE = """CREATE TABLE IF NOT EXISTS page
    (key BLOB PRIMARY KEY, url TEXT, status INTEGER, headers TEXT, body BLOB, stored REAL) WITHOUT ROWID"""


class PageCacheStorage:
    """Scrapy's cache storage. A kept page knows when it was stored: in its header `X-Stored` (Unix time)."""

    def __init__(self, settings: BaseSettings) -> None:
        self._path = Path(settings["PAGE_STORE"])

    def open_spider(self, spider: Spider) -> None:
        """Make or open the file, and forget what is too old."""
        self._fingerprint = spider.crawler.request_fingerprinter.fingerprint
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(self._path, isolation_level=None, timeout=20)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.execute(_TABLE)
        self._file.execute("DELETE FROM page WHERE stored < ?", [time.time() - KEPT_SECONDS])

    def close_spider(self, spider: Spider) -> None:
        """At the end of the crawl."""
        self._file.close()

    def retrieve_response(self, spider: Spider, request: Request) -> Response | None:
        """The page as it was, or None."""
        query = "SELECT url, status, headers, body, stored FROM page WHERE key = ?"
        row = self._file.execute(query, [self._fingerprint(request)]).fetchone()
        if row is None:
            return None
        url, status, headers, packed, stored = row
        body = gzip.decompress(packed)
        kept = Headers(dict(json.loads(headers)))
        kept["X-Stored"] = str(stored)
        kind = responsetypes.from_args(headers=kept, url=url, body=body)
        return kind(url=url, status=status, headers=kept, body=body)

    def store_response(self, spider: Spider, request: Request, response: Response) -> None:
        """Keep a page in place of an older one."""
        headers = [
            (name.decode("latin-1"), [value.decode("latin-1") for value in values])
            for name, values in response.headers.items()
            if name.lower() not in (b"set-cookie", b"x-stored", b"content-encoding", b"transfer-encoding")
        ]
        row = (
            self._fingerprint(request), response.url, response.status, json.dumps(headers),
            gzip.compress(response.body, 5), time.time(),
        )  # fmt: skip
        self._file.execute("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?)", row)


class PageCacheMiddleware(HttpCacheMiddleware):
    """Scrapy's, but a page that can't be had now counts as an error and is not replaced by an old copy."""

    def process_exception(self, request: Request, exception: Exception) -> None:  # type: ignore[override]
        """Leaves it to others."""
        request.meta.pop("cached_response", None)


class FreshnessPolicy:
    """Scrapy's cache policy: when a kept page does, and when the site is asked whether it has changed."""

    def __init__(self, settings: BaseSettings) -> None:
        self._since = settings.getfloat("PAGES_FRESH_SINCE")
        self._replay = settings.getbool("HTTPCACHE_IGNORE_MISSING")

    def should_cache_request(self, request: Request) -> bool:
        """Pages only, not what is sent to a site."""
        return request.method == "GET"

    def should_cache_response(self, response: Response, request: Request) -> bool:
        """Neither refusals nor failures: they say nothing about the page."""
        return response.status in _KEPT_STATUS

    def is_cached_response_fresh(self, cachedresponse: Response, request: Request) -> bool:
        """Whether it does without asking; where not, the question is put into the request's headers."""
        if self._replay or float(cachedresponse.headers["X-Stored"] or 0) >= self._since:
            return True
        # A browser would take "not changed" for an empty page.
        if not request.meta.get("playwright"):
            for ours, theirs in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
                if value := cachedresponse.headers.get(theirs):
                    request.headers[ours] = value
        return False

    def is_cached_response_valid(
        self, cachedresponse: Response, response: Response, request: Request
    ) -> bool:
        """Whether the site says that the page has not changed."""
        return response.status == 304
