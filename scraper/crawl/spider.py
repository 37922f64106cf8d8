"""What all sources share: from lists of cars to their pages, each page read by `scraper.reading.extract`.

A source is a small module in `scraper/sources` that names its hosts, its first pages and what the addresses
of lists and of cars look like. It knows nothing of files, databases or what is done with a car.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urldefrag, urlsplit

import scrapy
from scrapy.http import HtmlResponse, Request, Response

from core.text import squash
from scraper.crawl.browser import browser_meta, wait_until_ready
from scraper.crawl.items import CarItem, ListItem, PageItem
from scraper.crawl.sitemaps import sitemap_in
from scraper.reading.extract import extract

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from scraper.crawl.job import Job

#: Characters of the longest address that is followed: browsers and servers agree on about as many.
LONGEST_ADDRESS = 2000
NO_LINKS = "no link fits the patterns"
NO_LIST = "neither a web page nor a sitemap"
SITEMAP_WITHOUT_PATTERN = "a sitemap, and no pattern says which of its addresses are cars"


class CarSpider(scrapy.Spider):
    """A source: where its lists and cars are, and how their pages are followed.

    Patterns are searched in a link's whole address, without its fragment; links are taken from the elements
    that the CSS selector `links_in` finds.

    `make_in_link` names a make by its group `make`: links of other makes than the one asked for are not
    followed. `browser` says that pages need Chromium, which then waits for the CSS selector `ready`. Where
    `lists` is empty the source is one of whatever addresses the job names, and their hosts are its hosts.
    """

    hosts: ClassVar[tuple[str, ...]] = ()
    lists: ClassVar[tuple[str, ...]] = ()
    list_link: ClassVar[str] = ""
    car_link: ClassVar[str] = ""
    links_in: ClassVar[str] = "a"
    make_in_link: ClassVar[str] = ""
    browser: ClassVar[bool] = False
    ready: ClassVar[str] = ""
    site_settings: ClassVar[dict[str, object]] = {}

    def __init__(self, job: Job, done: frozenset[str] = frozenset()) -> None:
        super().__init__(name=job.source)
        self.job = job
        self._done = done
        self._asked = 0
        self._hosts = frozenset(self.hosts_of(job))
        self._car_link = _pattern(job.follow or self.car_link)
        self._list_link = _pattern(job.more or self.list_link)

    @classmethod
    def hosts_of(cls, job: Job) -> tuple[str, ...]:
        """The hosts that a crawl may reach."""
        named = {urlsplit(address).hostname or "" for address in job.addresses}
        return tuple({*cls.hosts, *named} - {""})

    # --- Requests -------------------------------------------------------------------------------------------
    async def start(self) -> AsyncIterator[Request]:
        """The first pages: lists, or single cars where the job names such."""
        for address in self.job.addresses or self.lists:
            yield self._request(address, is_car=self._is_car(address))

    def wanted(self, link: str) -> bool:
        """Whether a link may lead to a car that the job asks for."""
        asked = self.job.only.get("make", "")
        found = re.search(self.make_in_link, link) if asked and self.make_in_link else None
        return found is None or squash(found["make"]) == squash(asked)

    def _is_car(self, address: str) -> bool:
        # Without a pattern each page is read for cars, and none is followed.
        return self._car_link is None or bool(self._car_link.search(address))

    def _request(self, address: str, *, is_car: bool) -> Request:
        return Request(
            address,
            callback=self.parse_car if is_car else self.parse_list,
            errback=self.failed,
            meta=self._meta(),
            cb_kwargs={"is_car": is_car} if is_car else {},
            priority=0 if is_car else 1,
        )

    def _meta(self) -> dict[str, object]:
        if not self.browser:
            return {}
        from scrapy_playwright.page import PageMethod

        milliseconds = self.job.page_seconds * 1000
        steps = [PageMethod(wait_until_ready, self.ready, milliseconds)] if self.ready else []
        return browser_meta(self.job.user_agent, *steps)

    # --- Pages ----------------------------------------------------------------------------------------------
    def parse_list(self, response: Response) -> Iterator[Request | ListItem]:
        """The cars of a list or sitemap that were not read yet, and further lists."""
        self.count("pages")
        sitemap = sitemap_in(response, most_bytes=self.job.page_bytes)
        if sitemap and sitemap.is_index:
            yield from (self._request(link, is_car=False) for link in self._own(sitemap.addresses))
            return
        names_any = False
        for link in filter(self.wanted, self._own(sitemap.addresses) if sitemap else self.links(response)):
            if self._car_link and self._car_link.search(link):
                names_any = True
                if link not in self._done and self._may_ask():
                    yield self._request(link, is_car=True)
            elif self._list_link and self._list_link.search(link):
                names_any = True
                yield self._request(link, is_car=False)
        if not names_any:
            is_page = sitemap is not None or isinstance(response, HtmlResponse)
            yield {"list": response.url, "reason": NO_LINKS if is_page else NO_LIST}

    def links(self, response: Response) -> Iterator[str]:
        """Absolute addresses of a page's links, each once, on hosts of the source."""
        if isinstance(response, HtmlResponse):
            hrefs = response.css(self.links_in).xpath("@href").getall()
            yield from self._own(self._absolute(hrefs, response))

    def _absolute(self, hrefs: Iterable[str], response: Response) -> Iterator[str]:
        for href in hrefs:
            if len(href) <= LONGEST_ADDRESS:
                with contextlib.suppress(ValueError):  # "http://[": no address
                    yield response.urljoin(href.strip())

    def _own(self, addresses: Iterable[str]) -> Iterator[str]:
        """The addresses on hosts of the source, each once and without its fragment."""
        seen = set()
        for address in addresses:
            if len(address) > LONGEST_ADDRESS:
                continue
            with contextlib.suppress(ValueError):
                link = urldefrag(address).url
                if link not in seen and urlsplit(link).hostname in self._hosts:
                    seen.add(link)
                    yield link

    def _may_ask(self) -> bool:
        if self.job.limit and self._asked >= self.job.limit:
            return False
        self._asked += 1
        return True

    def parse_car(self, response: Response, *, is_car: bool) -> Iterator[CarItem | ListItem | PageItem]:
        """The cars of a page, and what the page was worth."""
        self.count("pages")
        if sitemap_in(response, most_bytes=self.job.page_bytes):
            yield {"list": response.url, "reason": SITEMAP_WITHOUT_PATTERN}
            return
        found = extract(response.body, self.address_of(response), source=self.job.source)
        for car in found.cars:
            yield {"car": car, "fetched": float(response.headers.get("X-Stored") or time.time())}
        yield {
            "page": _asked_for(response.request, response.url),
            "status": response.status,
            "cars": len(found.cars),
            "reason": found.reason,
        }

    def address_of(self, response: Response) -> str:
        """Where a page says that it is at home, if that is on this source; else where it was found."""
        if isinstance(response, HtmlResponse):
            canonical = response.css("link[rel=canonical]::attr(href)").get("").strip()
            for address in self._absolute([canonical] if canonical else [], response):
                if urlsplit(address).hostname == urlsplit(response.url).hostname:
                    return address
        return response.url

    def failed(self, failure: Failure) -> Iterator[PageItem]:
        """A page that could not be had, and why."""
        request: Request = failure.request  # type: ignore[attr-defined]
        response = getattr(failure.value, "response", None)
        reason = f"status {response.status}" if response is not None else _why(failure.value)
        yield {
            "page": _asked_for(request, request.url),
            "status": 0,
            "cars": 0,
            "reason": reason,
            "failed": True,
        }

    def count(self, name: str, number: int = 1) -> None:
        """Add to a number of the report."""
        if self.crawler.stats is not None:
            self.crawler.stats.inc_value(f"report/{name}", number)


def _pattern(text: str) -> re.Pattern[str] | None:
    return re.compile(text) if text else None


def _asked_for(request: Request | None, url: str) -> str:
    """The address before redirects: the one that lists name."""
    before: list[str] = request.meta.get("redirect_urls", []) if request else []
    return before[0] if before else request.url if request else url


def _why(error: BaseException | None) -> str:
    words = str(error).strip().splitlines()
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    return (
        f"{name}: {words[0]}"[:200] if words and name.startswith("download") else (words or [name])[0][:200]
    )
