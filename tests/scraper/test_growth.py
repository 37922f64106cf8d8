"""Time grows with what a site sends, and not with its square: pages, sitemaps, robots.txt, headers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from protego import Protego
from scrapy.http import HtmlResponse, Response

from scraper.crawl.politeness import retry_after, robots_txt
from scraper.crawl.sitemaps import sitemap_in
from scraper.reading.extract import extract
from scraper.reading.extract.decoding import decode
from tests.growth import MOST, growth
from tests.scraper.growing_pages import PAGES
from tests.scraper.hostile_site import laughs, sitemap

URL = "https://cars.example/cars/audi/a5-1"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_takes_no_longer_than_its_length_says(name):
    assert growth(lambda content: extract(content, URL), PAGES[name]) <= MOST


def _allows(robots: bytes) -> bool:
    rules = Protego.parse(robots_txt(200, robots).decode("utf-8", "replace"))
    return rules.can_fetch("https://cars.example/" + "a" * 1000, "CarsiteBot")


def _sitemap(body: bytes) -> object:
    return sitemap_in(Response(URL, body=body), most_bytes=2**20)


OTHERS: dict[str, tuple[Callable[[bytes], object], Callable[[int], bytes]]] = {
    "rules": (_allows, lambda n: b"User-agent: *\n" + b"".join(b"Disallow: /%d\n" % i for i in range(n))),
    "agents": (_allows, lambda n: b"User-agent: CarsiteBot\n" * n + b"Disallow: /x\n" * n),
    "asterisks": (_allows, lambda n: b"User-agent: *\nDisallow: /" + b"*a" * n + b"b$"),
    "a rule": (_allows, lambda n: b"User-agent: *\nDisallow: /" + b"%e4" * n),
    "sitemap": (_sitemap, lambda n: sitemap(*["https://cars.example/a"] * n)),
    "sitemap that laughs": (_sitemap, lambda n: laughs("https://cars.example/" + "a" * n)),
    "retry-after": (lambda text: retry_after(text.decode()), lambda n: b"Mon, (" * n),
    "bytes of Windows": (decode, lambda n: b"\xe4a" * n),
    "encodings": (decode, lambda n: b"<meta charset=" * n + b"\xe4"),
    "links": (
        lambda body: HtmlResponse(URL, body=body).css("a").xpath("@href").getall(),
        lambda n: b"<a href='/a'>a</a>" * n,
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_nor_does_what_else_a_site_says(name):
    parse, made = OTHERS[name]
    assert growth(parse, made) <= MOST
