"""Each source's contract: of a list in the site's layout, which links are cars, which are lists, and which are neither."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response
from scrapy.settings import Settings

from scraper.crawl.job import Job
from scraper.sources import ABOUT, source_class

WEB = tuple(name for name, about in ABOUT.items() if not about.needs_addresses)


def spider(name: str, tmp_path: Path, **job: Any) -> Any:
    kind = source_class(name)
    asked = Job(source=name, folder=str(tmp_path), cache="", user_agent="test", **job)
    made = kind(job=asked)
    crawler = Crawler(kind, Settings())
    from scrapy.statscollectors import MemoryStatsCollector

    crawler.stats = MemoryStatsCollector(crawler)
    made._set_crawler(crawler)
    return made


def followed(
    name: str, tmp_path: Path, url: str, *links: str, wrap: str = "{}", **job: Any
) -> tuple[list[str], list[str]]:
    """Cars' pages and lists that a list with these links leads to."""
    body = wrap.format("".join(f'<a href="{link}">x</a>' for link in links))
    made = spider(name, tmp_path, **job)
    requests = list(made.parse_list(HtmlResponse(url, body=body.encode(), encoding="utf-8")))
    is_car = made.parse_car
    return [r.url for r in requests if r.callback == is_car], [
        r.url for r in requests if r.callback != is_car
    ]


@pytest.mark.parametrize("name", ABOUT)
def test_every_source_can_be_loaded_and_says_what_it_is(name):
    kind = source_class(name)
    assert ABOUT[name].description
    assert bool(kind.lists) is not ABOUT[name].needs_addresses


@pytest.mark.parametrize("name", WEB)
def test_sources_of_the_web_begin_by_https_on_their_own_hosts(name):
    kind = source_class(name)
    assert kind.hosts
    assert all(address.startswith(tuple(f"https://{host}/" for host in kind.hosts)) for address in kind.lists)


def test_a_name_that_is_no_source_is_a_key_error():
    with pytest.raises(KeyError):
        source_class("os")


def test_thecarconnection_goes_from_makes_to_trims(tmp_path):
    cars, lists = followed(
        "thecarconnection", tmp_path, "https://www.thecarconnection.com/new-cars",
        "/make/new,audi", "/cars/audi_a4", "/overview/audi_a4_2020", "/specifications/audi_a4_2020_4dr-sedan",
        "/news/1234_a-story", "https://www.facebook.com/cars/x", "/photos/audi_a4_2020", "#top", "javascript:void(0)",
    )  # fmt: skip
    assert cars == ["https://www.thecarconnection.com/specifications/audi_a4_2020_4dr-sedan"]
    assert [link.rpartition("/")[2] for link in lists] == ["new,audi", "audi_a4", "audi_a4_2020"]


def test_carwale_goes_from_makes_to_variants(tmp_path):
    cars, lists = followed(
        "carwale", tmp_path, "https://www.carwale.com/new-cars/",
        "/audi-cars/", "/audi-cars/a4/", "/audi-cars/a4/premium/", "/audi-cars/a4/price-in-mumbai/", "/audi-cars/a4/images/",
        "/compare-cars/audi-a4-vs-bmw-3-series/", "/used/cars-in-mumbai/", "/hi/audi-cars/", "/audi-cars/a4/?show=1", "/new-cars/",
    )  # fmt: skip
    assert cars == ["https://www.carwale.com/audi-cars/a4/premium/"]
    assert [link.removeprefix("https://www.carwale.com") for link in lists] == [
        "/audi-cars/",
        "/audi-cars/a4/",
    ]


def test_carwow_goes_from_reviews_to_specifications(tmp_path):
    cars, lists = followed(
        "carwow", tmp_path, "https://www.carwow.co.uk/car-reviews",
        "/subaru/outback", "/subaru/outback/specifications", "/subaru/outback/colours", "/used-cars/leeds", "/news/today",
        "/car-leasing/business", "https://quotes.carwow.co.uk/subaru/outback",
    )  # fmt: skip
    assert cars == ["https://www.carwow.co.uk/subaru/outback/specifications"]
    assert lists == ["https://www.carwow.co.uk/subaru/outback"]


def test_wikipedia_follows_the_articles_of_a_category_and_nothing_under_w(tmp_path):
    cars, lists = followed(
        "wikipedia_infobox", tmp_path, "https://en.wikipedia.org/wiki/Category:Cars_introduced_in_2016",
        "/wiki/Alpine_Example", "/wiki/Example_(2016)", "/wiki/Category:Sports_cars", "/wiki/Help:Contents",
        "/w/index.php?title=Alpine_Example", "https://de.wikipedia.org/wiki/Beispiel",
        wrap='<nav><a href="/wiki/Main_Page">x</a></nav><div id="mw-pages">{}</div>',
    )  # fmt: skip
    assert [link.rpartition("/")[2] for link in cars] == ["Alpine_Example", "Example_(2016)"]
    assert lists == []


def test_links_of_other_makes_are_not_followed(tmp_path):
    cars, lists = followed(
        "carwale", tmp_path, "https://www.carwale.com/new-cars/",
        "/land-rover-cars/", "/audi-cars/", "/audi-cars/a4/premium/", "/land-rover-cars/defender/110/",
        only={"make": "Land Rover"},
    )  # fmt: skip
    assert cars == ["https://www.carwale.com/land-rover-cars/defender/110/"]
    assert lists == ["https://www.carwale.com/land-rover-cars/"]


def test_any_addresses_are_read_as_cars_or_as_lists_where_a_pattern_says_so(tmp_path):
    plain = spider("structured_data", tmp_path, addresses=("https://cars.example/1",))
    assert plain.hosts_of(plain.job) == ("cars.example",)
    assert plain._is_car("https://cars.example/1")
    listed = spider("structured_data", tmp_path, addresses=("https://cars.example/",), follow=r"/car/\d+$")
    assert not listed._is_car("https://cars.example/")
    assert listed._is_car("https://cars.example/car/7")


def test_a_canonical_address_counts_only_on_the_same_host(tmp_path):
    made = spider("structured_data", tmp_path, addresses=("https://cars.example/1",))

    def at_home(href: str) -> str:
        body = f'<link rel="canonical" href="{href}">'.encode()
        return str(
            made.address_of(HtmlResponse("https://cars.example/1?from=list", body=body, encoding="utf-8"))
        )

    assert at_home("/1") == "https://cars.example/1"
    assert at_home("https://other.example/1") == "https://cars.example/1?from=list"
    assert at_home("") == "https://cars.example/1?from=list"


# --- The table ----------------------------------------------------------------------------------------------
def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, "make,model\n")
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (archive("vehicles.csv"), ""),
        (archive("a.csv", "b.csv"), "one table"),
        (archive("x.txt"), "one table"),
        (b"no", "no archive"),
    ],
)
def test_the_fuel_economy_table_is_unpacked_or_refused_with_a_reason(tmp_path, body, reason):
    made = spider("fueleconomy_gov", tmp_path)
    [page] = made.parse_car(Response(made.lists[0], body=body), is_car=True)
    assert reason in page["reason"]
    assert bool(page["reason"]) is bool(reason)
    assert (tmp_path / "table.csv").exists() is not bool(reason)


def test_a_table_that_would_fill_the_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("scraper.sources.fueleconomy_gov._MOST_BYTES", 5)
    made = spider("fueleconomy_gov", tmp_path)
    [page] = made.parse_car(Response(made.lists[0], body=archive("vehicles.csv")), is_car=True)
    assert page["reason"] == "the table is too large"
    assert not (tmp_path / "table.csv").exists()
