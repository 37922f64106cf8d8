"""Crawls of plain pages: a real process, a real server that misbehaves."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

import psutil
import pytest

from scraper.crawl.output import Numbers, pages_done, read_numbers
from scraper.demo_site.cars import demo_cars
from scraper.demo_site.server import DemoSite
from tests.scraper.crawls import ALL, LISTS, car_hits, cars, crawl, job, lines, pages, start
from tests.services import wait_for

SLUGS = [car.slug for car in demo_cars()]


def test_every_car_is_read_once_and_one_page_at_a_time(tmp_path):
    with DemoSite(seconds=0.02) as site:
        asked = job(site, tmp_path / "run")
        numbers = crawl(asked)
    assert (numbers.ended, numbers.pages, numbers.cars, numbers.errors) == ("finished", LISTS + ALL, ALL, 0)
    assert set(car_hits(site).values()) == {1}
    assert len(car_hits(site)) == ALL
    assert site.most_at_once == 1
    assert {(car["make"], car["model"]) for car in cars(asked)} >= {("Halden", "Fjord"), ("Norvik", "Gale")}
    assert numbers.bytes > 10_000
    assert numbers.values > 5 * ALL


def test_who_we_are_is_said_with_every_request(tmp_path):
    with DemoSite() as site:
        crawl(job(site, tmp_path / "run", limit=1))
    assert site.agents == {"CarsiteBot/1.0 (+https://cars.example/about/; staff@cars.example)"}


def test_pages_that_robots_txt_forbids_are_counted_and_never_asked_for(tmp_path):
    with DemoSite(faults=frozenset({"disallowed"})) as site:
        asked = job(site, tmp_path / "run", limit=20)
        numbers = crawl(asked)
    assert numbers.robots == 1
    assert site.hits["/plain/cars/staff-car/"] == 0
    assert site.hits["/robots.txt"] == 1
    assert "robots" in pages(asked)["staff-car"]["reason"].lower()
    assert numbers.errors == 0


@pytest.mark.parametrize(("status", "is_shut"), [(404, False), (500, True), (403, True)])
def test_a_robots_txt_that_cannot_be_had_shuts_the_site_unless_there_is_none(tmp_path, status, is_shut):
    with DemoSite(robots_status=status) as site:
        numbers = crawl(job(site, tmp_path / "run", limit=2))
    assert (numbers.cars == 0) is is_shut
    assert (len(car_hits(site)) == 0) is is_shut


def test_a_site_is_left_alone_for_as_long_as_it_asks(tmp_path):
    with DemoSite(faults=frozenset({"429"})) as site:
        asked = job(site, tmp_path / "run")
        numbers = crawl(asked)
    assert numbers.cars == ALL
    assert numbers.refusals == 2
    assert numbers.retries == 2
    for refused in site.refused_at.values():
        assert min(at for at in site.asked_at if at > refused) >= refused + 0.95


def test_errors_of_the_server_are_tried_again_after_longer_and_longer_pauses(tmp_path):
    with DemoSite(faults=frozenset({"500"})) as site:
        numbers = crawl(job(site, tmp_path / "run", delay=0.1))
    assert numbers.cars == ALL
    assert numbers.retries == 4
    assert car_hits(site)[f"/plain/cars/{SLUGS[2]}/"] == 3


def test_five_refusals_in_a_row_end_the_crawl(tmp_path):
    with DemoSite(faults=frozenset({"refuse"})) as site:
        asked = job(site, tmp_path / "run", more="")  # a list that is answered well would begin a new row
        numbers = crawl(asked)
    assert numbers.ended == "refused"
    assert numbers.refusals == 5
    assert sum(car_hits(site).values()) == 5
    assert cars(asked) == []


def test_pages_without_end_and_of_great_size_are_given_up_and_the_others_are_read(tmp_path):
    with DemoSite(faults=frozenset({"slow", "endless", "huge"})) as site:
        asked = job(site, tmp_path / "run")
        numbers = crawl(asked)
    assert numbers.cars == ALL - 3
    assert numbers.errors == 3
    assert {slug for slug, page in pages(asked).items() if page.get("failed")} == set(SLUGS[4:7])
    assert numbers.bytes < 20 * 2**20


def test_no_redirect_leads_to_a_private_address(tmp_path):
    with DemoSite(faults=frozenset({"private"})) as site:
        asked = job(site, tmp_path / "run")
        numbers = crawl(asked)
    assert site.vault_hits == {}
    assert site.hits["/plain/cars/to-vault/"] == 1
    assert numbers.refused_addresses == 3
    assert numbers.cars == ALL
    assert "address refused" in pages(asked)["to-vault"]["reason"]


def test_the_same_car_under_two_addresses_is_one(tmp_path):
    with DemoSite(faults=frozenset({"duplicates"})) as site:
        asked = job(site, tmp_path / "run")
        numbers = crawl(asked)
    assert numbers.cars == ALL
    assert numbers.dropped == {"twice": 3}
    assert len({(car["url"], car["record"]) for car in cars(asked)}) == ALL


def test_a_page_in_another_encoding_than_it_says_is_read_right(tmp_path):
    with DemoSite(faults=frozenset({"charset"})) as site:
        asked = job(site, tmp_path / "run", limit=8)
        crawl(asked)
    assert [
        car["trim"] for car in cars(asked) if car["trim"].startswith("2.0 É") and "fjord-2-0" in car["url"]
    ] == ["2.0 Élan"]


def test_a_new_layout_yields_nothing_rather_than_half_of_it(tmp_path):
    with DemoSite(faults=frozenset({"layout"})) as site:
        asked = job(site, tmp_path / "run")
        numbers = crawl(asked)
    assert numbers.cars == 0
    assert sum(numbers.dropped.values()) == ALL


def test_no_more_pages_are_asked_for_than_the_limit_says(tmp_path):
    with DemoSite() as site:
        numbers = crawl(job(site, tmp_path / "run", limit=5))
    assert numbers.cars == 5
    assert sum(car_hits(site).values()) == 5


def test_only_cars_of_the_make_that_was_asked_for_are_kept(tmp_path):
    with DemoSite() as site:
        asked = job(site, tmp_path / "run", only={"make": "norvik"})
        numbers = crawl(asked)
    assert {car["make"] for car in cars(asked)} == {"Norvik"}
    assert numbers.cars == 12
    assert numbers.dropped == {"not asked for": 12}


# --- Kept pages ---------------------------------------------------------------------------------------------
def test_a_replay_touches_nothing_and_finds_the_same_cars(tmp_path):
    with DemoSite() as site:
        first = job(site, tmp_path / "first")
        crawl(first)
        before = site.hits.total()
        again = job(site, tmp_path / "again", replay=True)
        numbers = crawl(again)
        assert site.hits.total() == before
    assert numbers.cars == ALL
    assert numbers.kept >= LISTS + ALL
    assert sorted(car["url"] for car in cars(again)) == sorted(car["url"] for car in cars(first))
    assert max(car["fetched"] for car in cars(again)) <= max(car["fetched"] for car in cars(first))


def test_a_later_run_asks_again(tmp_path):
    with DemoSite() as site:
        crawl(job(site, tmp_path / "first", limit=2))
        crawl(job(site, tmp_path / "second", limit=2, fresh_since=time.time()))
    assert set(car_hits(site).values()) == {2}


def test_a_page_that_cannot_be_had_any_more_is_an_error_and_not_an_old_page(tmp_path):
    with DemoSite() as site:
        crawl(job(site, tmp_path / "first", more="(?!)"))
        site.faults = frozenset({"huge"})
        again = job(site, tmp_path / "again", more="(?!)", fresh_since=time.time())
        numbers = crawl(again)
    assert (numbers.cars, numbers.errors) == (7, 1)
    assert pages(again)[SLUGS[6]]["failed"]


def test_kill_and_resume_asks_for_no_page_twice(tmp_path):
    with DemoSite(seconds=0.05) as site:
        asked = job(site, tmp_path / "run")
        process = start(asked)
        wait_for(lambda: len(cars(asked)) >= 6, what="six cars")
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
        done = len(cars(asked))
        assert 6 <= done < ALL
        numbers = crawl(asked)
    assert numbers.ended == "finished"
    assert len(cars(asked)) == ALL == len({car["url"] for car in cars(asked)})
    # Only what was under way when it was killed may have to be asked for again: one page, as there is one at a time.
    assert sum(count - 1 for count in car_hits(site).values()) <= 1
    assert all(site.hits[f"/plain/cars/?page={page}"] == 1 for page in (1, 2, 3))
    assert site.hits["/robots.txt"] == 1


def test_half_a_line_of_a_killed_process_is_cut_off(tmp_path):
    with DemoSite() as site:
        asked = job(site, tmp_path / "run", limit=2)
        crawl(asked)
        for name in ("cars.jsonl", "pages.jsonl"):
            path = asked.path / name
            path.write_bytes(path.read_bytes()[:-20])
        assert len(pages_done(asked.path)) == 1
        numbers = crawl(job(site, tmp_path / "run"))
    assert numbers.ended == "finished"
    assert len(cars(asked)) == ALL == len({car["url"] for car in cars(asked)})


def test_a_crawl_ends_in_order_when_no_one_watches_it_any_more(tmp_path):
    with DemoSite(seconds=0.1) as site:
        asked = job(site, tmp_path / "run")
        process = start(asked)
        wait_for(lambda: len(cars(asked)) >= 2, what="two cars")
        process.stdin.close()
        assert process.wait(30) == 0
    assert read_numbers(asked.path).ended == "stopped"
    assert len(cars(asked)) < ALL


def test_two_crawls_never_write_into_one_folder_at_once(tmp_path):
    with DemoSite(seconds=0.1) as site:
        asked = job(site, tmp_path / "run")
        first = start(asked)
        wait_for(lambda: len(cars(asked)) >= 1, what="a car")
        second = start(asked)
        wait_for(lambda: has_open(second.pid, asked.path / "lock"), what="the second crawl at the lock")
        assert second.poll() is None
        first.stdin.close()
        first.wait(30)
        assert second.wait(60) == 0
        second.stdin.close()
    assert len(cars(asked)) == ALL == len({car["url"] for car in cars(asked)})


def has_open(pid: int, path: Path) -> bool:
    return str(path) in [file.path for file in psutil.Process(pid).open_files()]


def test_kept_pages_carry_no_cookies(tmp_path):
    with DemoSite() as site:
        asked = job(site, tmp_path / "run", limit=1)
        crawl(asked)
    with sqlite3.connect(asked.cache) as kept:
        headers = [row[0] for row in kept.execute("SELECT headers FROM page")]
    assert headers
    assert not any("cookie" in row.lower() for row in headers)


def test_numbers_of_a_crawl_that_has_not_begun_are_zero(tmp_path):
    assert read_numbers(tmp_path) == Numbers()
    assert lines(job_without_site(tmp_path), "cars.jsonl") == []


def job_without_site(folder):
    from scraper.crawl.job import Job

    return Job(source="demo_site", folder=str(folder), cache=os.devnull, user_agent="none")
