"""Whether a price is a list price, as the catalogue means it, or what a dealer asks for a used car."""

from __future__ import annotations

from collections.abc import Iterable

from scraper.models.staging import StagedCar
from scraper.reading.vocabulary import fold, read
from scraper.staging.values import StagedValue

#: A car that has run this far is used, and what it costs is not its list price.
USED_AFTER = 200e3  # m
DOUBT = "may be what a used car costs"
_NEW_BY_LABEL = tuple(fold(part) for part in read("prices")["new"])

Values = Iterable[StagedValue]


def is_used(values: Values) -> bool:
    """Whether a page says that its car was driven or registered before."""
    return any(_says_used(value) for value in values)


def _says_used(value: StagedValue) -> bool:
    match value["key"]:
        case "mileage":
            return max(value.get("low") or 0, value.get("high") or 0) > USED_AFTER
        case "condition":
            return value.get("text", "").casefold() not in ("", "new")
        case "first_registration":
            return True
    return False


def doubts(row: StagedCar) -> dict[str, str]:
    """Why a person has to see the price, by its key; empty for a new car's price and a car of today.

    What a dealer asks for an old car often stands without condition and mileage, or beside a mileage that
    can't be read.
    """
    price = next((value for value in row.values if value["key"] == "price"), None)
    is_new = any(value["key"] == "condition" and not _says_used(value) for value in row.values)
    if price is None or is_new or _is_new_ones(price.get("label") or ""):
        return {}
    is_of_today = row.last_year is not None and row.last_year >= row.fetched.year - 1
    has_strange_mileage = any(one["key"] == "mileage" for one in row.unparsed)
    return {} if is_of_today and not has_strange_mileage else {"price": DOUBT}


def _is_new_ones(label: str) -> bool:
    folded = fold(label)
    return any(part in folded for part in _NEW_BY_LABEL)
