"""Manners towards a site: waiting where it asks for it, slowing down where it struggles, leaving where it
refuses.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Coroutine
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.core.downloader import Downloader, Slot
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.utils.defer import _schedule_coro
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from scraper.crawl.addresses import AddressRefused

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)
#: So many refusals in a row, and the crawl ends.
MAX_REFUSALS = 5
#: A site that asks for a longer pause than this, in seconds, is left alone until the next run.
LONGEST_PAUSE = 300.0
REFUSED = frozenset({401, 403, 429})
BUSY = frozenset({429, 500, 502, 503, 504, 522, 524})
_SHUT = b"User-agent: *\nDisallow: /\n"


def close(crawler: Crawler, reason: str) -> None:
    """End the crawl; what is under way comes to its end."""
    if crawler.spider is not None and crawler.engine is not None:
        _schedule_coro(crawler.engine.close_spider_async(reason=reason))


class InTurn(Downloader):
    """Counts a request as sent once it is taken from its host's queue.

    Scrapy 2.19 does so a moment later, when its coroutine first runs, and whoever looks into the queue in
    between sends another one beside it: always where there is no delay, now and then where it is shorter than
    that moment.
    """

    def _wait_for_download(
        self, slot: Slot, request: Request, queue_dfd: Deferred[Response]
    ) -> Coroutine[Any, Any, None]:
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)


class Addresses:
    """Lets requests through to hosts and addresses that the crawl's address book allows, redirects
    included.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._book = crawler.address_book  # type: ignore[attr-defined]  # set by scraper.crawl.__main__

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Addresses:
        """Scrapy's way of making it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises IgnoreRequest."""
        try:
            await self._book.check(request.url)
        except AddressRefused as refusal:
            logger.warning("not fetched, %s: %s", refusal, request.url)
            if not request.meta.get("dont_obey_robotstxt"):  # of robots.txt itself: counted with its page
                self._crawler.stats.inc_value("address/refused")
            raise IgnoreRequest(f"address refused: {refusal}") from None


class Robots(RobotsTxtMiddleware):
    """Scrapy's, with what RFC 9309 says besides: a robots.txt that can't be had for an error of the server
    shuts the site.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Robots:
        """Listens for the pause that a robots.txt asks for."""
        robots = cls(crawler)
        crawler.signals.connect(robots._pause, signals.robots_parsed)
        return robots

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status in REFUSED:
            response = response.replace(body=_SHUT)
        elif response.status != 200:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, IgnoreRequest):  # the address was refused: so will the page's be
            super()._robots_error(exc, netloc)
            return
        waiting: Any = self._parsers[netloc]
        self._parsers[netloc] = self._parserimpl.from_crawler(self.crawler, _SHUT)
        waiting.callback(self._parsers[netloc])

    def _pause(self, robotparser: Any, request: Request) -> None:
        agent = self._default_useragent
        seconds = robotparser.rp.crawl_delay(agent) if hasattr(robotparser, "rp") else None
        if seconds and self.crawler.engine is not None:
            extensions = self.crawler.extensions.middlewares
            for throttle in (each for each in extensions if hasattr(each, "mindelay")):
                throttle.mindelay = max(throttle.mindelay, float(seconds))
            _, slot = self.crawler.engine.downloader._get_slot(request)
            slot.delay = max(slot.delay, float(seconds))


class Patience(RetryMiddleware):
    """Tries again what failed for the moment: after the time that the site names, else after 1, 2, 4 … times
    the delay.

    The whole host is left alone meanwhile. Five refusals in a row end the crawl, as does a pause that is too
    long.
    """

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self._unit = max(0.05, settings.getfloat("BACKOFF_SECONDS"))
        self._refusals: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Patience:
        """Looks at a response before Scrapy sends what waits for the host; middlewares see it only after
        that.
        """
        patience = cls(crawler.settings)
        patience.crawler = crawler
        crawler.signals.connect(patience.look, signals.response_downloaded)
        return patience

    def look(self, response: Response, request: Request) -> None:
        """Pause, or leave, before the next request goes out."""
        host = request.meta.get("download_slot", "")
        slot = self.crawler.engine.downloader.slots.get(host)
        is_refusal = response.status in REFUSED
        self._refusals[host] = self._refusals[host] + 1 if is_refusal else 0
        if is_refusal:
            self.crawler.stats.inc_value("courtesy/refused")
        if slot is None or response.status not in BUSY | REFUSED:
            return
        tried = max(request.meta.get("retry_times", 0), self._refusals[host] - 1)
        asked = retry_after(response)
        seconds = asked if asked is not None else min(60.0, self._unit * 2**tried)
        if self._refusals[host] >= MAX_REFUSALS:
            self._leave(slot, "refused", f"{host} refused {MAX_REFUSALS} requests in a row")
        elif seconds > LONGEST_PAUSE:
            self._leave(slot, "pause", f"{host} asks for a pause of {seconds:.0f} s")
        else:
            logger.info("%s answers %s: a pause of %.1f s", host, response.status, seconds)
            leave_alone(slot, seconds)

    def _leave(self, slot: Slot, reason: str, words: str) -> None:
        logger.error("%s: it is left alone", words)
        leave_alone(slot, 3600.0)
        _schedule_coro(self._turn_away(slot))
        close(self.crawler, reason)

    async def _turn_away(self, slot: Slot) -> None:
        """What still comes to the host's queue until the crawl has closed."""
        while self.crawler.engine is not None and self.crawler.engine.running:
            while slot.queue:
                _, waiting = slot.queue.popleft()
                waiting.errback(Failure(IgnoreRequest("not asked for: the site is left alone")))
            await asyncio.sleep(0.05)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, or the request once more."""
        if "cached" in response.flags or response.status not in BUSY:
            return response
        return self._retry(request, f"status {response.status}") or response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:  # type: ignore[override]
        """Once more: who was too slow twice will be so a third time."""
        if isinstance(exception, self.exceptions_to_retry) and not request.meta.get("retry_times"):
            slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
            if slot is not None:
                leave_alone(slot, self._unit)
            return self._retry(request, exception)
        return None


def leave_alone(slot: Slot, seconds: float) -> None:
    """Send nothing to a host for so long: to Scrapy it looks as if the last request was sent in the
    future.
    """
    slot.delay = max(slot.delay, 0.01)  # without a delay Scrapy does not look at the time
    slot.lastseen = max(slot.lastseen, time.monotonic() + seconds)


def retry_after(response: Response) -> float | None:
    """Seconds that the site asks to wait; None where it says nothing that can be read."""
    words = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if words.isdecimal():
        return float(words)
    try:
        return max(0.0, parsedate_to_datetime(words).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
