"""Articles on cars in the English Wikipedia, found by the years in which the cars were introduced."""

from __future__ import annotations

from scraper.crawl.spider import CarSpider

_CATEGORY = "https://en.wikipedia.org/wiki/Category:Cars_introduced_in_"


class Source(CarSpider):
    """Plain pages of a category; its further pages are under /w/, which robots.txt forbids."""

    hosts = ("en.wikipedia.org",)
    lists = tuple(f"{_CATEGORY}{year}" for year in range(2025, 1989, -1))
    links_in = "#mw-pages a"
    car_link = r"^https://en\.wikipedia\.org/wiki/[^:?]+$"
