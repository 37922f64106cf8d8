"""Where cars come from, one module each.

The name of a source is the name of its module; its class is `Source`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scraper.crawl.spider import CarSpider


@dataclass(frozen=True)
class About:
    """A source for people. `name`, `url` and `licence` stand beside the values that it states.

    `photo_licence` and `photo_credit` are those of all its pictures, where the site grants one and its pages
    don't say so. The rest says of the source's class what a page about it needs, without loading Scrapy:
    `first_page` is the first of its own lists, `is_table` that it has no pages but one file.
    """

    description: str
    name: str
    url: str = ""
    licence: str = ""
    photo_licence: str = ""
    photo_credit: str = ""
    needs_addresses: bool = False
    needs_browser: bool = False
    is_table: bool = False
    first_page: str = ""


ABOUT = {
    "demo_site": About(
        "A small site of our own that runs on this machine",
        "Demonstration site (imaginary cars)",
        licence="CC0",
        photo_licence="CC0",
        photo_credit="Carsite, rendered",
        needs_addresses=True,
        needs_browser=True,
    ),
    "structured_data": About(
        "Any pages that carry structured data, by their addresses", "Structured data", needs_addresses=True
    ),
    "spec_tables": About(
        "Any pages with tables of figures, by their addresses", "Tables of figures", needs_addresses=True
    ),
    "wikipedia_infobox": About(
        "Articles on cars in the English Wikipedia",
        "Wikipedia",
        "https://en.wikipedia.org/",
        "CC BY-SA 4.0",
        first_page="https://en.wikipedia.org/wiki/Category:Cars_introduced_in_2025",
    ),
    "thecarconnection": About(
        "thecarconnection.com: specifications of cars in the United States",
        "The Car Connection",
        "https://www.thecarconnection.com/",
        first_page="https://www.thecarconnection.com/new-cars",
    ),
    "carwale": About(
        "carwale.com: cars sold in India",
        "CarWale",
        "https://www.carwale.com/",
        first_page="https://www.carwale.com/new-cars/",
    ),
    "carwow": About(
        "carwow.co.uk: cars sold in the United Kingdom",
        "carwow",
        "https://www.carwow.co.uk/",
        first_page="https://www.carwow.co.uk/car-reviews",
    ),
    "fueleconomy_gov": About(
        "fueleconomy.gov: the official fuel-economy table of the United States",
        "US fuel economy table",
        "https://www.fueleconomy.gov/feg/download.shtml",
        "US government work, public domain",
        is_table=True,
        first_page="https://www.fueleconomy.gov/feg/epadata/vehicles.csv.zip",
    ),
}
#: Name → what it is.
SOURCES = {name: about.description for name, about in ABOUT.items()}


def source_class(name: str) -> type[CarSpider]:
    """The spider of a source. Raises KeyError for a name that is none."""
    if name not in ABOUT:
        raise KeyError(name)
    kind: type[CarSpider] = import_module(f"scraper.sources.{name}").Source
    return kind
