"""Where cars come from, one module each. The name of a source is the name of its module, its class is `Source`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scraper.crawl.spider import CarSpider

#: Name → what it is, for people.
SOURCES = {
    "demo_site": "A small site of our own that runs on this machine",
    "structured_data": "Any pages that carry structured data, by their addresses",
    "spec_tables": "Any pages with tables of figures, by their addresses",
    "wikipedia_infobox": "Articles on cars in the English Wikipedia",
    "thecarconnection": "thecarconnection.com: specifications of cars in the United States",
    "carwale": "carwale.com: cars sold in India",
    "carwow": "carwow.co.uk: cars sold in the United Kingdom",
    "fueleconomy_gov": "fueleconomy.gov: the official fuel-economy table of the United States",
}
#: These begin nowhere by themselves.
NEED_ADDRESSES = frozenset({"demo_site", "structured_data", "spec_tables"})


def source_class(name: str) -> type[CarSpider]:
    """The spider of a source. Raises KeyError for a name that is none."""
    if name not in SOURCES:
        raise KeyError(name)
    kind: type[CarSpider] = import_module(f"scraper.sources.{name}").Source
    return kind
