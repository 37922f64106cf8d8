"""What a crawl costs beside the network: pages a second of the demonstration site, with throttling off.

    python -m tests.benchmarks.bench_crawl

Each page is fetched from a real server on this machine, kept, read, normalised and written, by the process that crawls for
the site; the time to start that process and Chromium is taken off. Goals: 20 plain pages/s, 3 browser pages/s.
"""

from __future__ import annotations

import re
import resource
import tempfile
from datetime import datetime
from pathlib import Path

from scraper.crawl.job import Job
from scraper.crawl.output import LOG
from scraper.demo_site.cars import demo_cars
from scraper.demo_site.server import DemoSite
from tests.scraper.crawls import crawl, job

#: Requests at the same time: a hurry that no other site is crawled in.
AT_ONCE = 4


def seconds(asked: Job) -> float:
    """From the moment the crawl was open until it was closed, by its log."""
    log = (asked.path / LOG).read_text()
    opened = re.search(r"^(\S+ \S+) .*Spider opened", log, re.MULTILINE)
    closed = re.search(r"^(\S+ \S+) .*Closing spider", log, re.MULTILINE)
    assert opened
    assert closed
    first, last = (datetime.fromisoformat(found[1]) for found in (opened, closed))
    return max(1.0, (last - first).total_seconds())


def speed(*, browser: bool, visits: int) -> float:
    """Pages a second; each car's page is visited under several addresses, so that starting up weighs little."""
    with tempfile.TemporaryDirectory() as folder, DemoSite() as site:
        cars = f"{site.url}{'' if browser else '/plain'}/cars"
        addresses = tuple(f"{cars}/{car.slug}/?visit={n}" for n in range(visits) for car in demo_cars())
        asked = job(
            site, Path(folder) / "run", browser=browser, at_once=AT_ONCE, addresses=addresses, follow="/cars/"
        )
        numbers = crawl(asked, seconds=600)
        assert numbers.ended == "finished"
        assert numbers.pages == len(addresses)
        return numbers.pages / seconds(asked)


def run() -> None:
    """Print both, and what plain pages cost of a processor: on a busy machine that says more."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    plain = speed(browser=False, visits=20)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / (20 * len(demo_cars()))
    print(
        f"  plain pages a second    {plain:8.1f}   (goal 20; {cost * 1000:.0f} ms of processor time each)",
        flush=True,
    )
    print(f"  browser pages a second  {speed(browser=True, visits=2):8.1f}   (goal 3)", flush=True)


if __name__ == "__main__":
    run()
