"""What people see of a figure on a page, whichever way its digits are grouped."""

from __future__ import annotations

import re
from dataclasses import replace

from scraper.reading.cars import RawField
from scraper.reading.extract.page import Page
from scraper.reading.vocabulary import has_phrase

_LONGEST_FIGURE = 30
_BEHIND_A_FIGURE = 25  # characters in which a page says that an amount is paid by the month


def with_odometer_units(fields: list[RawField], page: Page) -> list[RawField]:
    """A mileage takes the unit that the page shows beside the same figure.

    Templates leave theirs out, or keep a foreign one.
    """
    return [
        replace(one, unit=_odometer_unit(one.text, page) or one.unit)
        if one.key == "mileage" and one.text.replace(",", "").replace(".", "").isdigit()
        else one
        for one in fields
    ]


def _odometer_unit(figure: str, page: Page) -> str:
    """The unit that the page shows beside this figure; empty where it shows none."""
    digits = re.sub(r"\D", "", figure[:_LONGEST_FIGURE].removesuffix(".0"))
    if not 3 <= len(digits) <= 7:
        return ""
    found = re.search(rf"{_grouped(digits)}\s*(km|kms|mi|miles|mil)\b", page.text, re.IGNORECASE)
    return found[1].lower() if found else ""


def is_rate(figure: str, page: Page) -> bool:
    """Whether the page shows this figure as one to be paid by the month: some mark up rates as prices."""
    digits = whole_digits(figure)
    if not 2 <= len(digits) <= 4:
        return False
    matches = re.finditer(_grouped(digits), page.text)
    around = (page.text[match.start() : match.end() + _BEHIND_A_FIGURE] for match in matches)
    return any(has_phrase("monthly", text, page.language) for text in around)


def is_shown(figure: str, page: Page) -> bool:
    """Whether people see this figure."""
    digits = whole_digits(figure)
    return len(digits) <= _LONGEST_FIGURE and re.search(_grouped(digits), page.text) is not None


def whole_digits(figure: str) -> str:
    """The digits of an amount without its cents."""
    return re.sub(r"\D", "", re.sub(r"[.,]\d{1,2}$", "", figure.strip()))


def _grouped(digits: str) -> str:
    """A pattern for a number, however its thousands are grouped."""
    head = len(digits) % 3 or 3
    groups = [digits[:head], *re.findall(r"\d{3}", digits[head:])]
    return r"(?<!\d)" + r"[.,'’\s]?".join(groups) + r"(?!\d)"
