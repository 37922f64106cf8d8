"""Units as pages write them, into the unit that the vocabulary stores.

Factors come from pint, once for each unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from scraper.reading.normalise.numbers import NUMBER, meanings
from scraper.reading.normalise.unit_names import BY_KEY, PINT, SPACED, SPOKEN, STORED
from scraper.reading.vocabulary import KEYS, fold

if TYPE_CHECKING:
    import pint

_TURNS = re.compile(
    r"^(?:rpm|u/min|1/min|min|tr/mn|tr/min|giri|obr|r/min|omw|toeren|valves?|cyl\w*|ventile|%)"
)
_AT_TURNS = re.compile(
    r"@\s*[\d.,]+(?:\s*[-–]\s*[\d.,]+)?\s*(?:rpm|r/min|u/min|1/min|min-1|tr/mn|tr/min|об/мин)?"
)
_TWO_UNITS = re.compile(r"(?<![\d.,])(\d+)\s*/\s*(\d+)\s*[(\[]?\s*([^\W\d]+)\s*/\s*([^\W\d]+)")
_UNIT_WORD = r"[a-z]+/100\s?[a-z]*|(?:km|mi|miles|wh|g|gr|gco2)/[a-z]+\d?|[^\s\d()\[\],;|/]+[³3]?"


@dataclass(frozen=True)
class Measured:
    """A figure with the unit that stands beside it, empty where none does."""

    low: float
    high: float
    unit: str


@cache
def _registry() -> pint.UnitRegistry[float]:
    import pint

    return pint.UnitRegistry(cache_folder=None)


@cache
def _factor(unit: str, stored: str) -> tuple[float, bool] | None:
    """What a figure is multiplied by, and whether its inverse is taken first; None for another quantity."""
    registry = _registry()
    source, target = registry.parse_expression(PINT[unit]) * 1.0, registry.parse_expression(STORED[stored])
    if source.dimensionality == target.dimensionality:
        return float((source / target).to_base_units().magnitude), False
    if (1 / source).dimensionality == target.dimensionality:
        return float((1 / source / target).to_base_units().magnitude), True
    return None


def convert(value: float, unit: str, stored: str) -> float | None:
    """A figure in the stored unit; None where the unit measures something else, or for 0 miles a gallon."""
    if not stored:
        return value if not unit else None
    if unit not in PINT or (found := _factor(unit, stored)) is None:
        return None
    factor, inverse = found
    if inverse:
        return factor / value if value else None
    return value * factor


def unit_named(said: str, key: str, country: str = "") -> str:
    """The unit that a word or code means beside this key; empty where it means none that fits.

    A gallon is the country's own: British and Irish pages mean the imperial one, others the American.
    """
    word = fold(said).strip(" .:*")
    for spaced, joined in SPACED.items():
        word = word.replace(spaced, joined)
    word = word.replace(" ", "")
    unit = BY_KEY.get((key, word)) or SPOKEN.get(word) or SPOKEN.get(word.split("@")[0].rstrip("."), "")
    if unit == "mpg" and country in ("GB", "IE"):
        return "mpg (UK)"
    stored = KEYS[key].unit
    return unit if unit and stored and _factor(unit, stored) is not None else ""


_FIGURE = re.compile(
    rf"(?<![\w.,])(?P<low>{NUMBER})(?:\s*(?:-|–|—|to|bis|a|do|tot|till|\.\.\.)\s*(?P<high>{NUMBER}))?"
    rf"\s*\(?(?P<unit>{_UNIT_WORD})?"
)


def figures(text: str, key: str, *, decimal: str, unit: str = "", country: str = "") -> list[Measured]:
    """All figures of a text that can be this key's, in the stored unit, each with the unit it was read in.

    `unit` is what the label or the structure says for a figure that has none beside it.
    """
    found = []
    for match in _FIGURE.finditer(_with_plain_units(text, key)):
        named = _unit_of(match["unit"] or "", key, unit, country)
        if named is None:
            continue
        low = _stored(match["low"], named, key, decimal)
        high = _stored(match["high"], named, key, decimal) if match["high"] else low
        if low is not None and high is not None:
            found.append(Measured(min(low, high), max(low, high), named))
    return found


def _with_plain_units(text: str, key: str) -> str:
    """A text in which each figure has its unit, in one word, right behind it."""
    said = fold(text)
    for spaced, joined in SPACED.items():
        if spaced in said:
            said = said.replace(spaced, joined)
    said = re.sub(r"(\d)\s*(?:''|\")", r"\1 in", said)
    if key == "mileage":
        said = re.sub(r"(?<![\d.,])(\d{1,3})\s?k\b(?=\s*(?:mi|km|$))", r"\g<1>000", said)
    said = re.sub(r"(?<=\d)-(?=[a-z])", " ", said)  # "3.8-liter"
    said = _AT_TURNS.sub(" ", said)  # "323 @ 6800": at so many turns
    return _TWO_UNITS.sub(_each_with_its_unit, said) if key == "power" else said  # "88/120 (kW/PS)"


def _each_with_its_unit(match: re.Match[str]) -> str:
    one, other, unit, other_unit = match.groups()
    return f"{one} {unit} / {other} {other_unit}" if unit in SPOKEN and other_unit in SPOKEN else match[0]


def _unit_of(beside: str, key: str, by_label: str, country: str) -> str | None:
    """The unit of a figure: the word beside it, else what its label says.

    Empty for keys that have none, None where the figure is something else's.
    """
    named = unit_named(beside, key, country) if beside else ""
    if named or not KEYS[key].unit:
        return named
    if SPOKEN.get(beside.strip(".")) or _TURNS.match(beside):
        return None  # a unit of something else: "17 km" is no litre, "4500 rpm" no power
    if key == "mileage" and beside[:1].isalpha():
        return None  # "12,345 cars" is no mileage, whatever its label
    return (unit_named(by_label, key, country) if by_label else "") or None


def _stored(digits: str, unit: str, key: str, decimal: str) -> float | None:
    """The first meaning of the digits that is plausible for the key."""
    kind = KEYS[key]
    # Odometers have no thousandths: "98.000 km" is one figure in every language.
    for meaning in meanings(digits, "" if key == "mileage" else decimal):
        value = convert(meaning, unit, kind.unit)
        if value is not None and kind.low <= value <= kind.high:
            return value
    return None
