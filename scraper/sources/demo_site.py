"""Our own demonstration site (`manage.py demo_site`): lists and pages that JavaScript fills."""

from __future__ import annotations

from scraper.crawl.spider import CarSpider


class Source(CarSpider):
    """The job names its address, as the port differs from time to time."""

    list_link = r"/cars/\?page=\d+$"
    car_link = r"/cars/[\w-]+/$"
    browser = True
    ready = "[data-ready]"
