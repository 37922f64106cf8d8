"""thecarconnection.com: makes → models → years → specifications of one trim."""

from __future__ import annotations

from scraper.crawl.spider import CarSpider


class Source(CarSpider):
    """Its tables are read by labels, as everywhere."""

    hosts = ("www.thecarconnection.com",)
    lists = ("https://www.thecarconnection.com/new-cars",)
    list_link = r"thecarconnection\.com/(make/(new|used),|cars/|overview/)[\w-]+$"
    car_link = r"thecarconnection\.com/specifications/[\w.-]+$"
    make_in_link = r"/(?:make/(?:new|used),|(?:cars|overview|specifications)/)(?P<make>[a-z-]+)"
