"""What three sites say in boxes of their own, on top of what any page is read by: class of the box → key."""

from __future__ import annotations

from urllib.parse import urlsplit

from scraper.reading.cars import RawField
from scraper.reading.extract.limits import LONGEST_STATEMENT
from scraper.reading.extract.page import Page

_HAS = "//*[contains(concat(' ', normalize-space(@class), ' '), ' {} ')]"
BOXES: dict[str, tuple[tuple[str, str], ...]] = {
    "carwow": (
        ("deal-title__model", "name"),
        ("deal-title__derivative", "trim"),
        ("deal-pricing__carwow-price", "price"),
    ),
    "thecarconnection": (("vehicle-name", "name"), ("trim-name", "trim"), ("msrp", "price")),
    "carwale": (("version-name", "trim"), ("ex-showroom-price", "price")),
}


def fields(page: Page) -> list[RawField]:
    """The fields of a known site; a box that occurs more than once with other words states nothing."""
    host = urlsplit(page.url).hostname or ""
    site = next((name for name in BOXES if name in host.split(".")), "")
    said = []
    for css_class, key in BOXES.get(site, ()):
        texts = {page.text_in(box, LONGEST_STATEMENT) for box in page.root.xpath(_HAS.format(css_class))} - {
            ""
        }
        if len(texts) == 1:
            said.append(RawField(key, css_class, texts.pop()))
    return said
