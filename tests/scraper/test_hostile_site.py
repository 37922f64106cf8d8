"""Sites that mean ill: each page costs a bounded time and memory, and the run says what became of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from scraper.crawl.job import Job
from scraper.crawl.reasons import UNREAD
from scraper.crawl.sitemaps import sitemap_in
from tests.scraper.crawls import cars, crawl, crawl_measured, pages
from tests.scraper.hostile_site import CAR, HostileSite, bomb, laughs, sitemap, sitemap_index


@pytest.fixture
def site() -> Iterator[HostileSite]:
    with HostileSite() as site:
        yield site


def asked(site: HostileSite, folder: Path, *addresses: str, **changes: object) -> Job:
    """A hurried crawl of these addresses."""
    folder.mkdir(exist_ok=True)
    values = {
        "page_seconds": 2.0,
        "page_bytes": 2**20,
        "delay": 0.0,
        "throttle": False,
        "at_once": 8,
    } | changes
    return Job(
        source="structured_data", folder=str(folder), cache=str(folder / "pages.sqlite3"), addresses=addresses,
        user_agent="CarsiteBot/1.0 (+https://cars.example/about/)", private=(site.address,), **values,
    )  # fmt: skip


def test_each_page_is_bounded_and_the_next_one_is_read(site, tmp_path):
    """One crawl of all of them; the car at the end is found."""
    site.says("/robots.txt", b"User-agent: *\nDisallow: /x\n" * 20_000)
    hostile = {
        "deep": site.says("/deep", b"<html><body>" + b"<div>" * 100_000 + CAR),
        "line": site.says("/line", b"<html><body><p>" + b"a1 " * 300_000),
        "bomb": site.says("/bomb", bomb(100), Content_Encoding="gzip"),
        "circle": site.leads("/circle", "/circle"),
        "stairs": site.leads("/stairs", "/stairs?1"),
        "drip": site.pours("/drip", lambda: itertools.repeat(b"<"), seconds=0.1),
        "endless": site.pours("/endless", lambda: itertools.repeat(b"<p>Audi</p>" * 1000)),
        "packed": site.pours("/packed", lambda: itertools.repeat(bomb(1)), Content_Encoding="gzip"),
        "laughs": site.says("/laughs", laughs(f"{site.url}/car"), kind="application/xml"),
        "mixed": site.says("/mixed", b"<html><body><h1>Caf\xc3\xa9 \xff\xfe\x00<</h1>" + "Škoda".encode("utf-16"), kind="text/html; charset=nonsense"),
        "binary": site.says("/binary", b"\x7fELF\x00" * 1000, kind="application/octet-stream"),
        "location": site.leads("/location", "http://[::ffff:169.254.169.254]/latest/"),
    }  # fmt: skip
    for step in range(1, 30):
        site.leads(f"/stairs?{step}", f"/stairs?{step + 1}")
    job = asked(site, tmp_path / "run", *hostile.values(), site.says("/car", CAR))
    numbers, seconds, megabytes = crawl_measured(job)
    assert numbers.ended == "finished"
    assert [car["model"] for car in cars(job)] == ["A5"]
    said = pages(job)
    failed = {name for name in said if said[name].get("failed")}
    assert failed == {"bomb", "circle", "stairs", "drip", "endless", "packed", "location"}
    assert all(said[name]["reason"] for name in said if name != "car")
    assert sum(n for why, n in numbers.dropped.items() if why.startswith(UNREAD)) == len(failed)
    assert numbers.dropped["list: a sitemap, and no pattern says which of its addresses are cars"] == 1
    assert seconds < 30
    assert 20 < megabytes < 600


def test_a_sitemap_leads_to_its_cars(site, tmp_path):
    pages_of_cars = [site.says(f"/cars/{number}", CAR) for number in range(3)]
    packed = site.says("/packed.xml.gz", gzip_of(sitemap(pages_of_cars[1])), kind="application/gzip")
    first = site.says(
        "/a.xml", sitemap(pages_of_cars[0], "http://[", "/relative", f"{site.url}/about"), kind="text/xml"
    )
    joke = site.says("/b.xml", laughs(pages_of_cars[2]), kind="text/xml")
    index = site.says("/sitemap.xml", sitemap_index(first, packed, joke), kind="application/xml")
    job = asked(site, tmp_path / "run", index, follow=r"/cars/\d+$")
    numbers = crawl(job, seconds=90)
    assert {car["url"] for car in cars(job)} == set(pages_of_cars)
    assert (numbers.car_pages, numbers.errors, numbers.pages) == (3, 0, 7)


def gzip_of(content: bytes) -> bytes:
    import gzip

    return gzip.compress(content)


def test_a_first_page_that_names_nothing_is_said_to_name_nothing(site, tmp_path):
    addresses = [
        site.says("/text", b"no page", kind="text/plain"),
        site.says("/page", b"<html><body><a href='/elsewhere'>here</a>"),
    ]
    numbers = crawl(asked(site, tmp_path / "run", *addresses, follow=r"/cars/\d+$"), seconds=90)
    assert numbers.dropped == {
        "list: neither a web page nor a sitemap": 1,
        "list: no link fits the patterns": 1,
    }


def test_a_robots_txt_without_end_shuts_the_site(site, tmp_path):
    site.pours("/robots.txt", lambda: itertools.repeat(b"User-agent: *\n" * 1000))
    numbers = crawl(asked(site, tmp_path / "run", site.says("/car", CAR)), seconds=90)
    assert site.hits["/car"] == 0
    assert [why for why in numbers.dropped if why.startswith(UNREAD)] == [f"{UNREAD}Forbidden by robots.txt"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<urlset",
        b"<urlset>",
        b"\x1f\x8b\x08",
        b"<urlset><url><loc>",
        b"<html><body>",
        b"<urlset/>" * 1000,
    ],
)
def test_half_a_sitemap_is_none_or_an_empty_one(body):
    from scrapy.http import Response

    found = sitemap_in(Response("https://cars.example/", body=body), most_bytes=1000)
    assert found is None or found.addresses == []
