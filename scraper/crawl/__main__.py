"""One crawl in a process of its own: `python -m scraper.crawl JOB.json`.

The parent process holds its standard input open. When that closes, or on SIGTERM, the crawl comes to an
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
from scrapy.crawler import AsyncCrawlerProcess, Crawler

from scraper.crawl.addresses import AddressBook
from scraper.crawl.backoff import close
from scraper.crawl.browser import RequestFilter, browser_settings
from scraper.crawl.context import CrawlContext, attach
from scraper.crawl.egress_proxy import EgressProxy
from scraper.crawl.job import Job, read_job
from scraper.crawl.output import pages_done
from scraper.crawl.settings import crawl_settings
from scraper.sources import source_class


def run(job: Job) -> None:
    """Crawl until there is nothing left to fetch, or the run is stopped."""
    kind = source_class(job.source)
    hosts = kind.hosts_of(job)
    book = AddressBook(hosts, job.private)
    proxy = EgressProxy(book)
    settings = crawl_settings(job) | kind.site_settings
    if kind.browser:
        settings |= browser_settings(job, proxy.url, RequestFilter(hosts))
    process = AsyncCrawlerProcess(settings)
    # What failed is told by the output pipeline, in a line.
    logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)
    crawler = process.create_crawler(kind)
    context = CrawlContext(job, book, proxy)
    attach(process, context)  # for the resolver, which belongs to the whole process
    attach(crawler, context)
    crawler.signals.connect(proxy.open, signals.engine_started)
    _stop_with_parent(crawler)
    process.crawl(crawler, job=job, done=pages_done(job.path))
    process.start()
    proxy.close()


def _stop_with_parent(crawler: Crawler) -> None:
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
