"""Prices and figures with units: the statement that is believed, and why others are not."""

from __future__ import annotations

import re

from scraper.reading.cars import RawField, Value
from scraper.reading.normalise.currencies import CURRENCIES, PRICED_ABROAD
from scraper.reading.normalise.draft import Draft
from scraper.reading.normalise.locale_hints import odometer_unit
from scraper.reading.normalise.money import Money, has_sign, iso, money
from scraper.reading.normalise.units import Measured, figures

# Of several units for one figure the one that is rounded least.
_FINER = {"kW": 0, "mm": 0, "cc": 0, "l/100 km": 0, "N m": 0, "kg": 0, "km": 0, "g/km": 0}
_A_YEAR = re.compile(
    r"per year|a year|/ ?year|p\.a\.|annual|par an\b|/an\b|pro jahr|/ ?jahr|per jaar|al año|all'anno",
    re.IGNORECASE,
)
_A_CLASS = re.compile(r"\b\d+0\s*(?:-|–|to)\s*\d+9\b")  # "200 - 299 HP": a filter's step
_CLOSE = 0.03  # the same figure in two units differs by rounding: 140 kW and 190 PS
_COARSE = {"displacement": 0.06}  # 1995 cc and 2.0 l
_PLACEHOLDER_BELOW, _CONTRADICTED_FROM = 100e3, 500e3  # m, of an odometer


def price(draft: Draft) -> None:
    """The first stated price that is one, with its currency."""
    currency = next((code for one in draft.stated("currency") if (code := iso(one.text))), "")
    for said in draft.stated("price"):
        found = money(
            said.text,
            decimal=draft.decimal,
            country=draft.country,
            tag=draft.raw.language,
            currency=said.unit or currency,
        )
        if isinstance(found, Money):
            own = found.currency or _own_currency(draft, said)
            draft.values["price"] = Value(
                "price", said.text, said.label, low=found.low, high=found.high, currency=own
            )
            return
        draft.refuse(said, found)


def _own_currency(draft: Draft, said: RawField) -> str:
    """The currency of the page's country, where a price names none and cars are priced in that currency."""
    is_silent = not said.unit and not has_sign(said.text) and draft.country not in PRICED_ABROAD
    return CURRENCIES.get(draft.country, "") if is_silent else ""


def number(draft: Draft, key: str) -> None:
    """The first statement for a key that is one figure."""
    for said in draft.stated(key):
        chosen = _figure(draft, said)
        if isinstance(chosen, str):
            draft.refuse(said, chosen)
            continue
        origin, finest = _finest(draft, said, chosen) if key in ("power", "displacement") else (said, chosen)
        draft.keep_range(key, origin, finest.low, finest.high, finest.unit)
        return


def _figure(draft: Draft, said: RawField) -> Measured | str:
    """The figure of a statement, or why it is not believed."""
    is_mileage = said.key == "mileage"
    if is_mileage and _A_YEAR.search(said.text):
        return "a distance a year"
    found = _figures(draft, said)
    chosen = the_one(found, said.key, several="\n" in said.text)
    if chosen is None:
        return "several figures" if found else "no figure in a known unit"
    if _A_CLASS.search(said.text):
        return "a class of figures"
    if is_mileage and chosen.high < _PLACEHOLDER_BELOW and _is_contradicted(draft, said):
        return "a placeholder: another statement of the page is larger"
    return chosen


def _figures(draft: Draft, said: RawField) -> list[Measured]:
    unit = said.unit or (_engine_size_unit(said.text) if said.key == "displacement" else "")
    found = figures(said.text, said.key, decimal=draft.decimal, unit=unit, country=draft.country)
    if found or said.key != "mileage" or said.unit:
        return found
    return figures(said.text, said.key, decimal=draft.decimal, unit=_odometer(draft), country=draft.country)


def _engine_size_unit(text: str) -> str:
    """What a bare engine size counts in: 1998 can only be cm³, 2.0 only litres."""
    if re.fullmatch(r"\d{3,4}", text.strip()):
        return "cc"
    return "l" if re.fullmatch(r"\d[.,]\d", text.strip()) else ""


def _odometer(draft: Draft) -> str:
    """What an odometer without a unit counts in: known by the money of the page, else by its country."""
    stated = draft.values.get("price")
    currency = stated.currency if stated else ""
    if currency == "EUR":
        return "km"
    countries = (country for country, own in CURRENCIES.items() if currency and own == currency)
    return odometer_unit(next(countries, draft.country))


def _is_contradicted(draft: Draft, said: RawField) -> bool:
    """Templates put 0 or 1 into structured data: another statement on the page, with its unit, says more."""
    others = [one for one in draft.stated("mileage") if one is not said]
    found = [m for one in others for m in figures(one.text, "mileage", decimal=draft.decimal, unit=one.unit)]
    return any(measured.low >= _CONTRADICTED_FROM for measured in found)


def _finest(draft: Draft, said: RawField, chosen: Measured) -> tuple[RawField, Measured]:
    """The same figure in a finer unit, where another statement has it.

    Sites call 150 PS "BHP", but mean 110 kW.
    """
    for other in draft.stated(said.key):
        found = figures(other.text, said.key, decimal=draft.decimal, unit=other.unit, country=draft.country)
        finer = the_one(found, said.key, several=False)
        if finer is None or _coarseness(finer) >= _coarseness(chosen):
            continue
        if the_one([chosen, finer], said.key, several=False):
            return other, finer
    return said, chosen


def _coarseness(measured: Measured) -> int:
    return _FINER.get(measured.unit, 1)


def the_one(found: list[Measured], key: str, *, several: bool) -> Measured | None:
    """The figure that all agree on, in the finest unit; a range where the text lists alternatives by line."""
    if not found:
        return None
    close = _COARSE.get(key, _CLOSE)
    best = min(found, key=_coarseness)
    if all(_is_near(one.low, best.low, close) and _is_near(one.high, best.high, close) for one in found):
        return best
    if several:
        same = [one for one in found if one.unit == best.unit]
        return Measured(min(one.low for one in same), max(one.high for one in same), best.unit)
    return None


def _is_near(one: float, other: float, share: float) -> bool:
    return abs(one - other) <= share * other
