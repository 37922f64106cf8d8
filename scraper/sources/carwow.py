"""carwow.co.uk: reviews → a model → its specifications."""

from __future__ import annotations

from scraper.crawl.spider import CarSpider

_NO_MAKE = "used-cars|sell-my|car-|new-car|editorial|news|deals|blog|guides|leasing|electric|best"


class Source(CarSpider):
    """One page tells of all versions of a model."""

    hosts = ("www.carwow.co.uk",)
    lists = ("https://www.carwow.co.uk/car-reviews",)
    list_link = rf"carwow\.co\.uk/(?!{_NO_MAKE})[a-z-]+/[a-z0-9-]+$"
    car_link = rf"carwow\.co\.uk/(?!{_NO_MAKE})[a-z-]+/[a-z0-9-]+/specifications$"
    make_in_link = r"carwow\.co\.uk/(?P<make>[a-z-]+?)/"
