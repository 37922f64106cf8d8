"""carwale.com: makes → models → one variant with its figures and its price in rupees."""

from __future__ import annotations

from scraper.crawl.spider import CarSpider

_NO_MAKE = "compare|used|new|upcoming|electric|best"
_NO_CAR = (
    "price-in-|images|colours|mileage|user-reviews|expert-reviews|videos|faqs|dealers|brochure|offers|service"
)


class Source(CarSpider):
    """Server-rendered, with the state of its scripts in the page; no browser is needed."""

    hosts = ("www.carwale.com",)
    lists = ("https://www.carwale.com/new-cars/",)
    list_link = rf"carwale\.com/(?!{_NO_MAKE})[a-z-]+-cars/([\w-]+/)?$"
    car_link = rf"carwale\.com/(?!{_NO_MAKE})[a-z-]+-cars/[\w-]+/(?!{_NO_CAR})[\w-]+/$"
    make_in_link = r"carwale\.com/(?P<make>[a-z-]+)-cars/"
