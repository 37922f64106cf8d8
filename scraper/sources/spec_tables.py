"""Any pages with label/value tables or definition lists, by their addresses."""

from __future__ import annotations

from scraper.crawl.spider import CarSpider


class Source(CarSpider):
    """The job names the addresses; with its pattern `follow` they are lists, without it pages of cars."""
