"""What a page gave, as plain data for `manage.py extract`: values in the units that people read, beside the
raw text.
"""

from __future__ import annotations

from typing import Any

from scraper.reading.cars import Car, Value
from scraper.reading.extract import extract
from scraper.reading.normalise import normalise
from scraper.reading.normalise.units import PINT, STORED, convert
from scraper.reading.vocabulary import KEYS

# Stored unit → the unit people read, its decimals.
READING = {
    "W": ("kW", 1), "m3": ("l", 3), "N m": ("N m", 0), "kg": ("kg", 0), "m3/m": ("l/100 km", 2), "J/m": ("kWh/100 km", 2),
    "kg/m": ("g/km", 1),
}  # fmt: skip
_BY_KEY = {
    "mileage": ("km", 0),
    "electric_range": ("km", 0),
    "length": ("mm", 0),
    "width": ("mm", 0),
    "height": ("mm", 0),
    "wheelbase": ("mm", 0),
}
# Keys in this order at the top of every item, where the page states them.
FIRST = (
    "make",
    "model",
    "trim",
    "year",
    "body_style",
    "price",
    "currency",
    "mileage",
    "fuel",
    "transmission",
    "power",
    "displacement",
)


def read(content: bytes, name: str, url: str) -> dict[str, Any]:
    """One saved page: `items` (fields with value, unit and raw text), the reason where there are none, what
    wasn't read.
    """
    found = extract(content, url)
    cars = [normalise(raw) for raw in found.cars]
    return {
        "file": name,
        "url": url,
        "items": [item(car) for car in cars],
        "reason": found.reason,
        "unparsed": [
            {"key": left.key, "label": left.label, "raw": left.raw, "reason": left.reason}
            for car in cars
            for left in car.unparsed
        ],
        "photos": [photo.url for car in cars for photo in car.photos],
    }


def item(car: Car) -> dict[str, dict[str, Any]]:
    """The fields of a car by key: value, unit, raw; `stated` holds the figure in the page's own unit where
    that differs.
    """
    fields = {value.key: _field(value) for value in car.values}
    price = next((value for value in car.values if value.key == "price"), None)
    if price and price.currency:
        fields["currency"] = {"value": price.currency, "unit": "", "raw": price.raw}
    if car.body_style:
        fields["body_style"] = {"value": car.body_style, "unit": "", "raw": car.body_style}
    order = [*(key for key in FIRST if key in fields), *(key for key in fields if key not in FIRST)]
    return {key: fields[key] for key in order}


def _field(value: Value) -> dict[str, Any]:
    if value.low is None or value.high is None:
        return {"value": value.text, "unit": "", "raw": value.raw}
    if value.key == "price":
        return {"value": _span(value.low, value.high, 2), "unit": value.currency, "raw": value.raw}
    stored = KEYS[value.key].unit
    unit, digits = _BY_KEY.get(value.key) or READING.get(stored, ("", 0))
    low, high = (in_unit(amount, stored, unit) for amount in (value.low, value.high))
    said: dict[str, Any] = {
        "value": _span(min(low, high), max(low, high), digits),
        "unit": unit,
        "raw": value.raw,
    }
    if value.unit and value.unit != unit:
        own = sorted(in_unit(amount, stored, value.unit) for amount in (value.low, value.high))
        said["stated"] = {"value": _span(own[0], own[1], 3), "unit": value.unit}
    return said


def in_unit(amount: float, stored: str, unit: str) -> float:
    """A stored amount in another unit; distances a volume and volumes a distance are each other's inverse."""
    if not unit or unit not in PINT or stored not in STORED:
        return amount
    one = convert(1.0, unit, stored)
    if one is None or not amount:
        return amount
    straight = convert(2.0, unit, stored) == 2 * one
    return amount / one if straight else one / amount


def _span(low: float, high: float, digits: int) -> float | list[float]:
    ends = [round(end, digits) if round(end, digits) % 1 else int(round(end, digits)) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else ends
