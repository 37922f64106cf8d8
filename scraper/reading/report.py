"""What a page gave, as plain data for `manage.py extract`.

Values are in the units that people read, beside the raw text.
"""

from __future__ import annotations

from scraper.reading.cars import Car, Value
from scraper.reading.extract import extract
from scraper.reading.json_values import JsonObject, JsonValue
from scraper.reading.normalise.unit_names import PINT, STORED
from scraper.reading.normalise.units import convert
from scraper.reading.vocabulary import KEYS

# Stored unit → the unit people read, its decimals.
_SHOWN = {
    "W": ("kW", 1), "m3": ("l", 3), "N m": ("N m", 0), "kg": ("kg", 0), "m3/m": ("l/100 km", 2),
    "J/m": ("kWh/100 km", 2), "kg/m": ("g/km", 1),
}  # fmt: skip
_SHOWN_BY_KEY = {
    "mileage": ("km", 0), "electric_range": ("km", 0),
    "length": ("mm", 0), "width": ("mm", 0), "height": ("mm", 0), "wheelbase": ("mm", 0),
}  # fmt: skip
# Keys in this order at the top of every item, where the page states them.
_FIRST = (
    "make", "model", "trim", "year", "body_style", "price", "currency", "mileage", "fuel", "transmission",
    "power", "displacement",
)  # fmt: skip


def read(content: bytes, name: str, url: str) -> JsonObject:
    """One saved page: `items`, the reason where there are none, and what was not read.

    Each field of an item has value, unit and raw text.
    """
    found = extract(content, url)
    return {
        "file": name,
        "url": url,
        "items": [item(car) for car in found.cars],
        "reason": found.reason,
        "unparsed": [
            {"key": left.key, "label": left.label, "raw": left.raw, "reason": left.reason}
            for car in found.cars
            for left in car.unparsed
        ],
        "photos": [photo.url for car in found.cars for photo in car.photos],
    }


def item(car: Car) -> JsonObject:
    """The fields of a car by key: value, unit, raw.

    `stated` holds the figure in the page's own unit where that differs.
    """
    fields = {value.key: _field(value) for value in car.values}
    price = next((value for value in car.values if value.key == "price"), None)
    if price and price.currency:
        fields["currency"] = {"value": price.currency, "unit": "", "raw": price.raw}
    if car.body_style:
        fields["body_style"] = {"value": car.body_style, "unit": "", "raw": car.body_style}
    first = {key: fields[key] for key in _FIRST if key in fields}
    return {**first, **fields}


def _field(value: Value) -> JsonObject:
    if value.low is None or value.high is None:
        return {"value": value.text, "unit": "", "raw": value.raw}
    if value.key == "price":
        return {"value": _span(value.low, value.high, 2), "unit": value.currency, "raw": value.raw}
    stored = KEYS[value.key].unit
    unit, digits = _SHOWN_BY_KEY.get(value.key) or _SHOWN.get(stored, ("", 0))
    said: JsonObject = {
        "value": _span_in_unit(value.low, value.high, stored, unit, digits),
        "unit": unit,
        "raw": value.raw,
    }
    if value.unit and value.unit != unit:
        own = _span_in_unit(value.low, value.high, stored, value.unit, 3)
        said["stated"] = {"value": own, "unit": value.unit}
    return said


def _span_in_unit(low: float, high: float, stored: str, unit: str, digits: int) -> JsonValue:
    ends = sorted(in_unit(amount, stored, unit) for amount in (low, high))
    return _span(ends[0], ends[1], digits)


def in_unit(amount: float, stored: str, unit: str) -> float:
    """A stored amount in another unit; distances a volume and volumes a distance are each other's inverse."""
    if not unit or unit not in PINT or stored not in STORED:
        return amount
    one = convert(1.0, unit, stored)
    if one is None or not amount:
        return amount
    straight = convert(2.0, unit, stored) == 2 * one
    return amount / one if straight else one / amount


def _span(low: float, high: float, digits: int) -> JsonValue:
    """One number where both ends are the same, else a list of two; whole ones without a decimal point."""
    ends = [_rounded(end, digits) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else [*ends]


def _rounded(amount: float, digits: int) -> float | int:
    rounded = round(amount, digits)
    return rounded if rounded % 1 else int(rounded)
