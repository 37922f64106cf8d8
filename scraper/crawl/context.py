"""What belongs to one crawl and is needed by the parts that Scrapy makes itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.crawler import AsyncCrawlerProcess, Crawler

    from scraper.crawl.addresses import AddressBook
    from scraper.crawl.egress_proxy import EgressProxy
    from scraper.crawl.job import Job


@dataclass(frozen=True)
class CrawlContext:
    """The job, the hosts that it may reach and the browser's way out."""

    job: Job
    address_book: AddressBook
    egress_proxy: EgressProxy


def attach(owner: AsyncCrawlerProcess | Crawler, context: CrawlContext) -> None:
    """Before the crawl starts."""
    owner.crawl_context = context  # type: ignore[union-attr]  # Scrapy has no place for it: settings are copied


def context_of(owner: AsyncCrawlerProcess | Crawler) -> CrawlContext:
    """The context that `attach` left."""
    context: CrawlContext = owner.crawl_context  # type: ignore[union-attr]
    return context
