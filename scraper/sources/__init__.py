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
    don't say so.
    """

    description: str
    name: str
    url: str = ""
    licence: str = ""
    photo_licence: str = ""
    photo_credit: str = ""
    needs_addresses: bool = False


ABOUT = {
    "demo_site": About(
        "A small site of our own that runs on this machine",
        "Demonstration site (imaginary cars)",
        licence="CC0",
        photo_licence="CC0",
        photo_credit="Carsite, rendered",
        needs_addresses=True,
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
    ),
    "thecarconnection": About(
        "thecarconnection.com: specifications of cars in the United States",
        "The Car Connection",
        "https://www.thecarconnection.com/",
    ),
    "carwale": About("carwale.com: cars sold in India", "CarWale", "https://www.carwale.com/"),
    "carwow": About("carwow.co.uk: cars sold in the United Kingdom", "carwow", "https://www.carwow.co.uk/"),
    "fueleconomy_gov": About(
        "fueleconomy.gov: the official fuel-economy table of the United States",
        "US fuel economy table",
        "https://www.fueleconomy.gov/feg/download.shtml",
        "US government work, public domain",
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
