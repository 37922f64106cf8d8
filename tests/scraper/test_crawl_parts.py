"""Parts of a crawl by themselves: kept pages, addresses, robots.txt, tries; what a whole crawl meets only now and then."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, IgnoreRequest
from scrapy.http import Headers, HtmlResponse, Request, Response
from scrapy.utils.test import get_crawler
from twisted.internet.address import IPv4Address, IPv6Address

from scraper.crawl import apart
from scraper.crawl.addresses import AddressBook
from scraper.crawl.backoff import BackoffMiddleware
from scraper.crawl.cache import KEPT_SECONDS, FreshnessPolicy, PageCacheMiddleware, PageCacheStorage
from scraper.crawl.context import CrawlContext, attach
from scraper.crawl.egress_proxy import EgressProxy
from scraper.crawl.job import Job
from scraper.crawl.middlewares import AddressMiddleware
from scraper.crawl.output import OutputPipeline, read_numbers
from scraper.crawl.resolver import PinnedResolver
from scraper.crawl.settings import crawl_settings
from scraper.demo_site.server import DemoSite
from scraper.reading.cars import Car
from tests.scraper.crawls import job as job_of
from tests.services import wait_for

URL = "https://cars.example/audi"


async def resolve(host: str, port: int) -> list[str]:
    return {"cars.example": ["93.184.216.34", "2606:2800:220:1::1"], "inside.example": ["10.0.0.1"]}[host]


@pytest.fixture
def book() -> AddressBook:
    return AddressBook({"cars.example", "inside.example"}, resolve=resolve)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    with DemoSite() as site:
        return job_of(site, tmp_path / "run", cache=str(tmp_path / "kept" / "pages.sqlite3"))


@pytest.fixture
def crawler(job: Job, book: AddressBook) -> Iterator[Crawler]:
    made = get_crawler(settings_dict=crawl_settings(job))
    proxy = EgressProxy(book)
    attach(made, CrawlContext(job, book, proxy))
    yield made
    proxy.close()


# --- Kept pages ---------------------------------------------------------------------------------------------
@pytest.fixture
def store(crawler: Crawler) -> Iterator[PageCacheStorage]:
    storage = PageCacheStorage(crawler.settings)
    spider = SimpleNamespace(crawler=crawler)
    storage.open_spider(spider)
    yield storage
    storage.close_spider(spider)


def page(body: bytes = b"<p>Audi</p>", **headers: str) -> HtmlResponse:
    sent = Headers({"Content-Type": "text/html", "Set-Cookie": "a=b", **headers})
    return HtmlResponse(URL, status=200, headers=sent, body=body)


def test_a_kept_page_comes_back_as_it_was_without_cookies(store: PageCacheStorage) -> None:
    assert store.retrieve_response(None, Request(URL)) is None
    store.store_response(None, Request(URL), page(ETag='"1"'))
    store.store_response(None, Request(URL), page(b"<p>BMW</p>", ETag='"2"'))
    kept = store.retrieve_response(None, Request(URL))
    assert isinstance(kept, HtmlResponse)
    assert (kept.url, kept.status, kept.body, kept.headers["ETag"]) == (URL, 200, b"<p>BMW</p>", b'"2"')
    assert b"Set-Cookie" not in kept.headers
    assert time.time() - float(kept.headers["X-Stored"]) < 60


def test_pages_that_were_not_read_for_long_are_forgotten(crawler: Crawler, store: PageCacheStorage) -> None:
    store.store_response(None, Request(URL), page())
    store._file.execute("UPDATE page SET stored = ?", [time.time() - KEPT_SECONDS - 1])
    again = PageCacheStorage(crawler.settings)
    again.open_spider(SimpleNamespace(crawler=crawler))
    assert again.retrieve_response(None, Request(URL)) is None
    again.close_spider(None)


@pytest.mark.parametrize(
    ("stored", "replay", "fresh"), [(100, False, True), (99, False, False), (99, True, True)]
)
def test_a_page_is_fresh_since_a_time_or_where_nothing_is_asked(
    stored: int, replay: bool, fresh: bool
) -> None:
    crawler = get_crawler(settings_dict={"PAGES_FRESH_SINCE": 100, "HTTPCACHE_IGNORE_MISSING": replay})
    policy = FreshnessPolicy(crawler.settings)
    kept = page(ETag='"1"', **{"X-Stored": str(stored), "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})
    plain, browsers = Request(URL), Request(URL, meta={"playwright": True})
    assert policy.is_cached_response_fresh(kept, plain) is fresh
    assert policy.is_cached_response_fresh(kept, browsers) is fresh
    assert plain.headers.get("If-None-Match") == (None if fresh else b'"1"')
    assert "If-None-Match" not in browsers.headers
    assert policy.should_cache_request(plain)
    assert not policy.should_cache_request(Request(URL, method="POST"))
    kept_statuses = [status for status in (200, 301, 404, 403, 429, 500) if policy.should_cache_response(Response(URL, status=status), plain)]  # fmt: skip
    assert kept_statuses == [200, 301, 404]
    assert policy.is_cached_response_valid(kept, Response(URL, status=304), plain)
    assert not policy.is_cached_response_valid(kept, page(), plain)


def test_a_page_that_cannot_be_had_is_not_replaced_by_an_old_copy(
    crawler: Crawler, store: PageCacheStorage
) -> None:
    request = Request(URL, meta={"cached_response": page()})
    assert PageCacheMiddleware.from_crawler(crawler).process_exception(request, TimeoutError()) is None
    assert "cached_response" not in request.meta


# --- Addresses ----------------------------------------------------------------------------------------------
class Receiver:
    """What Twisted hands to a resolver."""

    def __init__(self) -> None:
        self.found: list[object] = []
        self.is_complete = False

    def resolutionBegan(self, resolution: object) -> None:  # noqa: N802  (Twisted's names)
        self.resolution = resolution

    def addressResolved(self, address: object) -> None:  # noqa: N802
        self.found.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        self.is_complete = True


def test_the_resolver_knows_what_was_vetted_and_nothing_else(book: AddressBook, crawler: Crawler) -> None:
    installed: list[object] = []
    reactor = SimpleNamespace(installNameResolver=installed.append)
    resolver = PinnedResolver.from_crawler(crawler, reactor)
    resolver.install_on_reactor()
    assert installed == [resolver]
    asyncio.run(book.check(URL))
    known, unknown = Receiver(), Receiver()
    resolver.resolveHostName(known, "cars.example", 443).cancel()
    resolver.resolveHostName(unknown, "elsewhere.example", 443)
    assert known.found == [
        IPv4Address("TCP", "93.184.216.34", 443),
        IPv6Address("TCP", "2606:2800:220:1::1", 443),
    ]
    assert (unknown.found, unknown.is_complete) == ([], True)


def test_refused_addresses_are_counted_once_a_page(crawler: Crawler) -> None:
    gate = AddressMiddleware.from_crawler(crawler)
    asyncio.run(gate.process_request(Request(URL)))
    for url in ("https://inside.example/", "https://elsewhere.example/", "http://cars.example/"):
        with pytest.raises(IgnoreRequest, match="address refused"):
            asyncio.run(gate.process_request(Request(url)))
    with pytest.raises(IgnoreRequest):
        asyncio.run(
            gate.process_request(
                Request("https://inside.example/robots.txt", meta={"dont_obey_robotstxt": True})
            )
        )
    assert crawler.stats.get_value("address/refused") == 3


# --- Tries --------------------------------------------------------------------------------------------------
def test_what_failed_for_the_moment_is_asked_again_and_what_hangs_twice_is_not(crawler: Crawler) -> None:
    backoff = BackoffMiddleware.from_crawler(crawler)
    crawler.spider = crawler._create_spider("one")
    slot = Slot(1, delay=0.0)
    crawler.engine = SimpleNamespace(downloader=SimpleNamespace(slots={"cars.example": slot}))
    request = Request(URL, meta={"download_slot": "cars.example"})
    busy, gone = Response(URL, status=503), Response(URL, status=404)
    assert backoff.process_response(request, gone) is gone
    assert backoff.process_response(request, busy.replace(flags=["cached"])).status == 503
    assert backoff.process_response(request, busy).meta["retry_times"] == 1
    again = backoff.process_exception(request, TimeoutError())
    assert again.meta["retry_times"] == 1
    assert backoff.process_exception(again, TimeoutError()) is None
    assert backoff.process_exception(request, ValueError()) is None
    backoff.pause(Response(URL, status=403), request)
    backoff.pause(Response(URL, status=200), request)
    assert crawler.stats.get_value("backoff/refused") == 1
    assert slot.delay == 0.01  # so that Scrapy looks at the time until which the host is left alone


# --- What is written ----------------------------------------------------------------------------------------
def test_cars_and_pages_are_written_once_and_counted(crawler: Crawler, job: Job) -> None:
    output = OutputPipeline.from_crawler(crawler)
    output.open()
    car = Car(source=job.source, url=URL, record="", make="Audi", model="A5")
    output.process_item({"car": car, "fetched": 1.7e9})
    for dropped in (car, Car(source=job.source, url=URL + "?2", record="", make="", model="A5")):
        with pytest.raises(DropItem):
            output.process_item({"car": dropped, "fetched": 1.7e9})
    output.process_item({"list": URL, "reason": "no link to a car"})
    output.process_item({"page": URL, "status": 200, "cars": 1, "reason": "", "failed": False})
    output.process_item(
        {"page": URL + "?2", "status": 500, "cars": 0, "reason": "status 500", "failed": True}
    )
    output.note_redirect(Request(URL, meta={"redirect_urls": [URL]}))
    output.note_redirect(Request(URL, meta={"redirect_urls": [URL + "?3"]}))
    output.count_bytes(b"123")
    output.count_error()
    output.close("finished")
    numbers = read_numbers(job.path)
    assert (numbers.cars, numbers.car_pages, numbers.ended) == (1, 1, "finished")
    assert numbers.dropped["twice"] == numbers.dropped["no make or no model"] == 1
    assert numbers.errors >= 2
    again = OutputPipeline.from_crawler(crawler)
    again.open()
    with pytest.raises(DropItem, match="twice"):
        again.process_item({"car": car, "fetched": 1.7e9})
    again.close("finished")


# --- Apart --------------------------------------------------------------------------------------------------
def test_a_crawler_apart_takes_jobs_of_its_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "crawls"
    (folder / "one").mkdir(parents=True)
    inside, outside = folder / "one" / "job.json", tmp_path / "job.json"
    for path in (inside, outside):
        path.touch()
    (folder / "link").symlink_to(tmp_path)
    assert apart.is_job(inside, folder)
    for wrong in (outside, folder / "link" / "job.json", folder / "one", folder / "two" / "job.json"):
        assert not apart.is_job(wrong, folder)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="carsite-crawls-") as made:
        yield Path(made)


def test_a_crawler_that_is_not_there_or_refuses_says_unavailable(
    short_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    socket_path = short_folder / "s"
    assert apart.ask(socket_path, short_folder / "job.json") == apart.UNAVAILABLE
    assert "No crawler attends" in capfd.readouterr().err
    threading.Thread(target=apart.attend, args=(socket_path,), daemon=True).start()
    wait_for(socket_path.exists, what="the crawler's socket")
    assert apart.ask(socket_path, Path("/etc/passwd")) == apart.UNAVAILABLE
