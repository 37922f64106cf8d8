"""What a crawl writes into its folder while it runs: cars, finished pages, and numbers for its observer.

Cars and pages are only ever added to, a car before its page. So a crawl that was killed knows what is done,
and no car is written twice.
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from scrapy import signals
from scrapy.exceptions import DropItem

from core.files import write_atomically
from scraper.crawl import reasons
from scraper.crawl.context import context_of
from scraper.reading.lines import car_from_line, car_to_line
from scraper.sources import ABOUT

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request

    from scraper.crawl.items import CarItem, ListItem, PageItem
    from scraper.reading.cars import Car

logger = logging.getLogger(__name__)
#: Reasons that are counted elsewhere, and no errors.
_NOT_OUR_ERROR = ("Forbidden by robots", "address refused", "not asked for")
CARS, PAGES, NUMBERS, LOG = "cars.jsonl", "pages.jsonl", "numbers.json", "log.txt"


@dataclass
class Numbers:
    """What a crawl has done so far.

    `values` are those of all cars; `kept` counts pages that came from the cache, not from the site.
    """

    pages: int = 0
    kept: int = 0
    car_pages: int = 0
    cars: int = 0
    values: int = 0
    unparsed: int = 0
    errors: int = 0
    bytes: int = 0
    robots: int = 0
    refused_addresses: int = 0
    refusals: int = 0
    retries: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    ended: str = ""


def read_numbers(folder: Path) -> Numbers:
    """The last numbers of a crawl; zeros where it has not begun."""
    try:
        return Numbers(**json.loads((folder / NUMBERS).read_text()))
    except FileNotFoundError:
        return Numbers()


def pages_done(folder: Path) -> frozenset[str]:
    """The addresses of pages that need not be read again. What failed is tried again."""
    return frozenset(line["page"] for line in _lines(folder / PAGES) if not line.get("failed"))


def _lines(path: Path) -> list[dict[str, Any]]:
    """All whole lines of a file; the last one of a killed process may be half a line, and is cut off."""
    if not path.exists():
        return []
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if whole != text:
        path.write_bytes(whole)
    return [json.loads(line) for line in whole.splitlines()]


def with_rights(car: Car) -> Car:
    """Add the licence and credit that the source grants for all pictures, where the page states none."""
    about = ABOUT[car.source]
    photos = tuple(
        replace(
            photo, licence=photo.licence or about.photo_licence, credit=photo.credit or about.photo_credit
        )
        for photo in car.photos
    )
    return replace(car, photos=photos)


class OutputPipeline:
    """Scrapy's item pipeline: drops with a reason, writes."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        context = context_of(crawler)
        self._job, self._folder, self._proxy = context.job, context.job.path, context.egress_proxy
        self._bytes = 0
        self._written = 0.0
        before = self._cars_before()
        self._seen = {(car.url, car.record) for car in before}
        # The numbers of a killed process are a moment older than its lines.
        self._numbers = read_numbers(self._folder)
        self._numbers.ended = ""
        self._numbers.cars = len(before)
        self._numbers.car_pages = len(pages_done(self._folder))
        # What could not be had is tried again.
        kept = {why: n for why, n in self._numbers.dropped.items() if not why.startswith(reasons.UNREAD)}
        self._dropped = Counter(kept)
        self._before = asdict(self._numbers)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> OutputPipeline:
        """Scrapy's way of making it."""
        output = cls(crawler)
        crawler.signals.connect(output.count_bytes, signals.bytes_received)
        crawler.signals.connect(output.open, signals.spider_opened)
        crawler.signals.connect(output.close, signals.spider_closed)
        crawler.signals.connect(output.tick, signals.response_received)
        crawler.signals.connect(output.note_redirect, signals.request_dropped)
        crawler.signals.connect(output.count_error, signals.spider_error)
        crawler.signals.connect(output.count_error, signals.item_error)
        return output

    def _cars_before(self) -> list[Car]:
        _lines(self._folder / CARS)  # cuts half a line off
        path = self._folder / CARS
        return [car_from_line(line)[0] for line in path.read_text().splitlines()] if path.exists() else []

    def open(self) -> None:
        """At the start of the crawl."""
        self._cars: IO[str] = (self._folder / CARS).open("a")
        self._pages: IO[str] = (self._folder / PAGES).open("a")
        self._write_numbers()

    def close(self, reason: str) -> None:
        """At its end."""
        self._cars.close()
        self._pages.close()
        self._numbers.ended = reason
        self._write_numbers()

    def process_item(self, item: CarItem | ListItem | PageItem) -> CarItem | ListItem | PageItem:
        """Raises DropItem, with the reason counted."""
        if "car" in item:
            self._write_car(item["car"], item["fetched"])
        elif "list" in item:
            reasons.count(self._dropped, "list: ", item["reason"])
        else:
            self._write_page(item)
        self.tick()
        return item

    # --- Cars and pages -------------------------------------------------------------------------------------
    def _write_car(self, car: Car, fetched: float) -> None:
        car = with_rights(car)
        # Counted whatever becomes of the car: what a page yields tells whether its layout is the one we know.
        self._numbers.values += len(car.values)
        self._numbers.unparsed += len(car.unparsed)
        if not (car.make and car.model):
            self._drop("no make or no model")
        if not self._job.asks_for(car.make, car.model):
            self._drop("not asked for")
        if (car.url, car.record) in self._seen:
            self._drop("twice")
        self._seen.add((car.url, car.record))
        self._cars.write(car_to_line(car, fetched) + "\n")
        self._cars.flush()
        self._numbers.cars += 1

    def _drop(self, reason: str) -> NoReturn:
        self._dropped[reason] += 1
        raise DropItem(reason, log_level="DEBUG")

    def _write_page(self, page: PageItem) -> None:
        self._pages.write(json.dumps(page) + "\n")
        self._pages.flush()
        if page.get("failed"):
            if not page["reason"].startswith(_NOT_OUR_ERROR):
                self._numbers.errors += 1
            reasons.count(self._dropped, reasons.UNREAD, page["reason"])
            logger.warning("%s: %s", page["reason"], page["page"])
            return
        self._numbers.car_pages += 1
        if not page["cars"]:
            reasons.count(self._dropped, "page: ", page["reason"] or "no car")

    def note_redirect(self, request: Request) -> None:
        """Of a page that leads where a page was asked for already, which Scrapy leaves without a word."""
        before: list[str] = request.meta.get("redirect_urls", [])
        if before and request.url in before:
            reason = "it redirects in a circle"
            self._write_page({"page": before[0], "status": 0, "cars": 0, "reason": reason, "failed": True})
        elif before:
            reasons.count(self._dropped, "page: ", "it leads to a page that was asked for already")

    # --- Numbers --------------------------------------------------------------------------------------------
    def count_bytes(self, data: bytes) -> None:
        """What came in, but for the browser's, which the egress proxy counts."""
        self._bytes += len(data)

    def count_error(self) -> None:
        """A page that our own code could not cope with; the log says where."""
        self._numbers.errors += 1

    def tick(self) -> None:
        """Write the numbers, at most a few times a second."""
        if time.monotonic() - self._written > 0.3:
            self._write_numbers()

    def _write_numbers(self) -> None:
        self._written = time.monotonic()
        stats = self._crawler.stats.get_stats() if self._crawler.stats is not None else {}

        def total(name: str, *counters: str) -> int:
            return int(self._before[name]) + sum(int(stats.get(counter, 0)) for counter in counters)

        self._numbers.pages = total("pages", "report/pages")
        self._numbers.kept = total("kept", "httpcache/hit", "httpcache/revalidate")
        self._numbers.robots = total("robots", "robotstxt/forbidden")
        self._numbers.refusals = total("refusals", "backoff/refused")
        self._numbers.retries = total("retries", "retry/count")
        self._numbers.refused_addresses = total("refused_addresses", "address/refused") + len(
            self._proxy.refused
        )
        self._numbers.bytes = self._before["bytes"] + self._bytes + self._proxy.bytes
        self._numbers.dropped = dict(self._dropped)
        write_atomically(self._folder / NUMBERS, json.dumps(asdict(self._numbers)))
