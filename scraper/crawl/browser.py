"""Pages that only a browser can show: Chromium behind the egress proxy.

Nothing is loaded that figures don't need: no pictures, media, fonts or other hosts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from playwright.async_api import Error
from playwright.async_api import TimeoutError as TooSlow
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError, IgnoreRequest
from scrapy.http import Request, Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from scraper.crawl.context import context_of

if TYPE_CHECKING:
    from playwright.async_api import Page
    from playwright.async_api import Request as PageRequest
    from playwright.async_api import Response as PageResponse
    from scrapy.crawler import Crawler
    from scrapy_playwright.page import PageMethod

    from scraper.crawl.job import Job

#: A page's whole time, scripts included; one step of it has the job's `page_seconds`.
WHOLE_SECONDS = 60.0
#: What is never loaded. Pictures are taken by their addresses, later and once.
UNWANTED = frozenset(
    {
        "font",
        "media",
        "image",
        "texttrack",
        "eventsource",
        "websocket",
        "manifest",
        "ping",
        "beacon",
        "cspreport",
    }
)


_STATUS: WeakKeyDictionary[Page, int] = WeakKeyDictionary()


class RequestFilter:
    """Says which requests of a page are not sent: fonts, media, pictures and other hosts (advertising)."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._hosts = frozenset(hosts)
        self.aborted = 0

    def __call__(self, request: PageRequest) -> bool:
        parts = urlsplit(request.url)
        is_ours = parts.scheme in ("http", "https") and (parts.hostname or "") in self._hosts
        if request.resource_type not in UNWANTED and is_ours:
            return False
        self.aborted += 1
        return True


def browser_meta(user_agent: str, *steps: PageMethod) -> dict[str, object]:
    """The meta data of a request that Chromium answers; `steps` are PageMethods, such as what to wait for."""
    return {
        "playwright": True,
        "playwright_context_kwargs": {
            "accept_downloads": False,
            "service_workers": "block",
            "user_agent": user_agent,
        },
        "playwright_page_init_callback": remember_page,
        "playwright_page_methods": list(steps),
    }


async def remember_page(page: Page, request: Request) -> None:
    """So that a page that takes too long can be closed, and none is waited for that has nothing to show."""
    request.meta["browser_page"] = page

    def remember_status(response: PageResponse) -> None:
        if response.request.is_navigation_request() and response.frame == page.main_frame:
            _STATUS[page] = response.status

    page.on("response", remember_status)


async def wait_until_ready(page: Page, selector: str, milliseconds: float) -> None:
    """Wait for an element of a page that was answered well. One that never shows it is taken as it stands."""
    if _STATUS.get(page, 0) == 200:
        with contextlib.suppress(TooSlow):
            await page.wait_for_selector(selector, timeout=milliseconds, state="attached")


class BrowserDownloadHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]  # it has no types
    """scrapy-playwright's, with an end: a page that takes too long or brings too much is closed."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        context = context_of(crawler)
        self._job, self._proxy = context.job, context.egress_proxy

    async def download_request(self, request: Request) -> Response:
        """Raises DownloadTimeoutError where it took too long, IgnoreRequest where it is too large."""
        if not request.meta.get("playwright"):
            plain: Response = await super().download_request(request)
            return plain
        refused = len(self._proxy.refused)
        work: asyncio.Future[Response] = asyncio.ensure_future(super().download_request(request))
        try:
            await self._watch(work)
        except BaseException:
            work.cancel()
            if page := request.meta.pop("browser_page", None):
                await page.close()
            raise
        request.meta.pop("browser_page", None)
        try:
            return work.result()
        except Error as error:
            if len(self._proxy.refused) > refused:
                raise IgnoreRequest(f"address refused: {self._proxy.refused[-1]}") from None
            words = error.message.splitlines()[0].partition(" at http")[0]
            raise DownloadFailedError(words.removeprefix("Page.goto: ")) from None

    async def _watch(self, work: asyncio.Future[Response]) -> None:
        until, most = time.monotonic() + WHOLE_SECONDS, self._proxy.bytes + self._job.page_bytes
        while not (await asyncio.wait({work}, timeout=0.2))[0]:
            if self._proxy.bytes > most:
                raise IgnoreRequest("too large")
            if time.monotonic() > until:
                raise DownloadTimeoutError(f"longer than {WHOLE_SECONDS:.0f} s")


def browser_settings(job: Job, proxy: str, request_filter: RequestFilter) -> dict[str, object]:
    """Scrapy's settings for pages in Chromium, whose only way out is `proxy`."""
    milliseconds = job.page_seconds * 1000
    return {
        "DOWNLOAD_HANDLERS": {
            "http": "scraper.crawl.browser.BrowserDownloadHandler",
            "https": "scraper.crawl.browser.BrowserDownloadHandler",
        },
        "PLAYWRIGHT_ABORT_REQUEST": request_filter,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": milliseconds,
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": job.browser or None,
            "chromium_sandbox": os.geteuid() != 0,  # it does not work for root, and Chromium would not start
            "proxy": {"server": proxy},  # Playwright sends requests to the loopback address there, too
            "args": [
                "--disable-background-networking",
                "--disable-quic",
                "--dns-prefetch-disable",
                "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
            ],
        },
    }
