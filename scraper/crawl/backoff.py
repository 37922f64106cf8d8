"""Waiting where a site asks for it, slowing down where it struggles, leaving where it refuses."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.utils.defer import _schedule_coro

from scraper.crawl.downloader import leave_alone
from scraper.crawl.politeness import BUSY, REFUSED, Backoff, Pause

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)
_UNTIL_THE_CRAWL_ENDS = 3600.0


def close(crawler: Crawler, reason: str) -> None:
    """End the crawl; what is under way comes to its end."""
    if crawler.spider is not None and crawler.engine is not None:
        _schedule_coro(crawler.engine.close_spider_async(reason=reason))


class BackoffMiddleware(RetryMiddleware):
    """Retry what failed for the moment, after the pause of `scraper.crawl.politeness.Backoff`.

    The whole host is left alone meanwhile; a reason to leave ends the crawl.
    """

    crawler: Crawler

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self._backoff = Backoff(settings.getfloat("BACKOFF_SECONDS"))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BackoffMiddleware:
        """Note a response before Scrapy sends what waits for the host; middlewares see it only after that."""
        middleware = cls(crawler.settings)
        middleware.crawler = crawler
        crawler.signals.connect(middleware.pause, signals.response_downloaded)
        return middleware

    def pause(self, response: Response, request: Request) -> None:
        """Pause, or leave, before the next request goes out."""
        host = request.meta.get("download_slot", "")
        if response.status in REFUSED and self.crawler.stats is not None:
            self.crawler.stats.inc_value("backoff/refused")
        header = (response.headers.get("Retry-After") or b"").decode("latin-1")
        tried = request.meta.get("retry_times", 0)
        pause = self._backoff.after(host, response.status, header=header, tried=tried)
        slot = self._slot(request)
        if slot is None or pause is None:
            return
        if pause.leave:
            self._leave(slot, pause)
        else:
            logger.info("%s answers %s: a pause of %.1f s", host, response.status, pause.seconds)
            leave_alone(slot, pause.seconds)

    def _slot(self, request: Request) -> Slot | None:
        """The queue of a request's host."""
        engine = self.crawler.engine
        return engine.downloader.slots.get(request.meta.get("download_slot", "")) if engine else None

    def _leave(self, slot: Slot, pause: Pause) -> None:
        logger.error("%s: it is left alone", pause.words)
        leave_alone(slot, _UNTIL_THE_CRAWL_ENDS)
        _schedule_coro(self._turn_away(slot))
        close(self.crawler, pause.leave)

    async def _turn_away(self, slot: Slot) -> None:
        """What still comes to the host's queue until the crawl has closed."""
        while self.crawler.engine is not None and self.crawler.engine.running:
            while slot.queue:
                _, waiting = slot.queue.popleft()
                waiting.errback(IgnoreRequest("not asked for: the site is left alone"))
            await asyncio.sleep(0.05)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, or the request once more."""
        if "cached" in response.flags or response.status not in BUSY:
            return response
        return self._retry(request, f"status {response.status}") or response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:  # type: ignore[override]
        """Once more: who was too slow twice will be so a third time."""
        if not isinstance(exception, self.exceptions_to_retry) or request.meta.get("retry_times"):
            return None
        if (slot := self._slot(request)) is not None:
            leave_alone(slot, self._backoff.unit)
        return self._retry(request, exception)
