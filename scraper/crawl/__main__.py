"""One crawl in a process of its own: `python -m scraper.crawl JOB.json`.

Whoever starts it holds its standard input open. When that closes, or on SIGTERM, the crawl comes to an
orderly end: so none goes on whose parent is gone.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import threading
from pathlib import Path

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from scraper.crawl.addresses import AddressBook
from scraper.crawl.backoff import close
from scraper.crawl.browser import Doorkeeper, browser_settings
from scraper.crawl.egress_proxy import Gate
from scraper.crawl.job import Job, read_job
from scraper.crawl.output import pages_done
from scraper.crawl.settings import crawl_settings
from scraper.sources import source_class


def run(job: Job) -> None:
    """Crawl until there is nothing left to fetch, or somebody stops it."""
    kind = source_class(job.source)
    hosts = kind.hosts_of(job)
    book = AddressBook(hosts, job.private)
    gate = Gate(book)
    settings = crawl_settings(job) | kind.site_settings
    if kind.browser:
        settings |= browser_settings(job, gate.url, Doorkeeper(hosts))
    process = AsyncCrawlerProcess(settings)
    logging.getLogger("scrapy-playwright").setLevel(
        logging.ERROR
    )  # what failed is told by `Output`, in a line
    process.address_book = book  # type: ignore[attr-defined]  # for the resolver, which belongs to the whole process
    crawler = process.create_crawler(kind)
    crawler.job, crawler.gate, crawler.address_book = job, gate, book  # type: ignore[attr-defined]
    crawler.signals.connect(gate.open, signals.engine_started)
    _stop_with_parent(crawler)
    process.crawl(crawler, job=job, done=pages_done(job.path))
    process.start()
    gate.close()


def _stop_with_parent(crawler: object) -> None:
    def wait() -> None:
        while os.read(0, 4096):  # not sys.stdin, whose lock would be held when the process ends
            pass
        from twisted.internet import reactor

        reactor.callFromThread(close, crawler, "stopped")

    threading.Thread(target=wait, daemon=True).start()


def main(path: Path) -> None:
    """One crawl of a folder at a time: one whose parent is gone comes to its end first."""
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(read_job(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
