"""Crawls with a real Chromium: what it shows, what it may not load, and that nothing is left of it."""

from __future__ import annotations

import signal

import psutil
import pytest

from scraper.demo_site.server import DemoSite
from tests.scraper.crawls import ALL, car_hits, cars, crawl, job, pages, start
from tests.services import is_alive, wait_for

pytestmark = pytest.mark.e2e
#: A pattern that no further list matches.
NO_LIST = "(?!)"


def test_pages_that_scripts_fill_are_read_without_adverts_fonts_and_films(tmp_path):
    with DemoSite() as site:
        asked = job(site, tmp_path / "run", browser=True, limit=8)
        numbers = crawl(asked)
    assert (numbers.ended, numbers.cars, numbers.errors) == ("finished", 8, 0)
    assert {car["make"] for car in cars(asked)} == {"Halden"}
    assert all(len(car["values"]) >= 8 and car["photos"] for car in cars(asked))
    assert {photo["licence"] for car in cars(asked) for photo in car["photos"]} == {"CC0"}
    assert set(car_hits(site).values()) == {1}
    assert site.most_at_once == 1
    loaded = set(site.hits)
    assert "/app.js" in loaded
    assert not {
        path for path in loaded if path.startswith("/photos/") or path in ("/advert.mp4", "/big.woff2")
    }
    assert site.agents == {asked.user_agent}


def test_neither_redirects_nor_parts_of_a_page_lead_to_a_private_address(tmp_path):
    with DemoSite(faults=frozenset({"private"})) as site:
        asked = job(site, tmp_path / "run", browser=True, more=NO_LIST)
        numbers = crawl(asked)
    assert site.vault_hits == {}
    assert site.hits["/parts/cars/trap/"] == 1, "the page that sets the trap was opened"
    assert site.hits["/away/vault"] == 1, "and the redirect of its script was followed to the egress proxy"
    assert numbers.refused_addresses >= 4
    assert "address refused" in pages(asked)["to-vault"]["reason"]
    assert "address refused" in pages(asked)["to-metadata"]["reason"]
    assert numbers.cars == 8


def test_refusals_and_pages_without_end_are_met_as_without_a_browser(tmp_path):
    with DemoSite(faults=frozenset({"429", "endless", "huge"})) as site:
        asked = job(site, tmp_path / "run", browser=True, more=NO_LIST, page_bytes=4 * 2**20)
        numbers = crawl(asked)
    assert numbers.refusals == 2
    assert numbers.cars == 6
    assert {slug for slug, page in pages(asked).items() if page.get("failed")} == {
        "halden-fjord-touring-2-0-elan-2023",
        "halden-skerry-1-5-base-2022",
    }


def test_no_browser_is_left_of_a_crawl_that_is_killed_and_it_can_be_resumed(tmp_path):
    with DemoSite() as site:
        asked = job(site, tmp_path / "run", browser=True, more=NO_LIST)
        process = start(asked)
        wait_for(lambda: len(cars(asked)) >= 2, seconds=120, what="two cars")
        family = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        assert len(family) > 2
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
        wait_for(lambda: not any(map(is_alive, family)), seconds=30, what="the end of the browser")
        before = len(cars(asked))
        numbers = crawl(asked)
    assert before < 8
    assert numbers.cars == 8 < ALL
    assert sum(count - 1 for count in car_hits(site).values()) <= 1
