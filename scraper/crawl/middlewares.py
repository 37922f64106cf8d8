"""Which requests are sent at all: to allowed hosts and addresses, to pages that robots.txt allows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

from scraper.crawl.addresses import AddressRefused
from scraper.crawl.context import context_of
from scraper.crawl.politeness import robots_txt

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)


class AddressMiddleware:
    """Lets requests through to hosts and addresses that the address book allows, redirects included."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._book = context_of(crawler).address_book

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AddressMiddleware:
        """Scrapy's way of making it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises IgnoreRequest."""
        try:
            await self._book.check(request.url)
        except AddressRefused as refusal:
            logger.warning("not fetched, %s: %s", refusal, request.url)
            is_robots_txt = request.meta.get("dont_obey_robotstxt")  # counted with its page
            if not is_robots_txt and self._crawler.stats is not None:
                self._crawler.stats.inc_value("address/refused")
            raise IgnoreRequest(f"address refused: {refusal}") from None


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's, with what RFC 9309 says besides of a robots.txt that can't be had, and with Crawl-delay."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """Listens for the pause that a robots.txt asks for."""
        robots = cls(crawler)
        crawler.signals.connect(robots._pause, signals.robots_parsed)
        return robots

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        rules = response.replace(body=robots_txt(response.status, response.body))
        await super()._parse_robots(rules, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, IgnoreRequest):  # the address was refused: so will the page's be
            super()._robots_error(exc, netloc)
            return
        waiting: Deferred[RobotParser] = self._parsers[netloc]  # type: ignore[assignment]
        parser = self._parserimpl.from_crawler(self.crawler, robots_txt(0, b""))
        self._parsers[netloc] = parser
        waiting.callback(parser)

    def _pause(self, robotparser: RobotParser, request: Request) -> None:
        rules = getattr(robotparser, "rp", None)
        seconds = rules.crawl_delay(self._default_useragent) if rules else None
        if not seconds or self.crawler.engine is None or self.crawler.extensions is None:
            return
        for throttle in (each for each in self.crawler.extensions.middlewares if hasattr(each, "mindelay")):
            throttle.mindelay = max(throttle.mindelay, float(seconds))
        _, slot = self.crawler.engine.downloader._get_slot(request)
        slot.delay = max(slot.delay, float(seconds))
