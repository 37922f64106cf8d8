"""The shape of a staged car's `values`, as its JSON column holds them."""

from __future__ import annotations

from typing import Required, TypedDict


class Correction(TypedDict, total=False):
    """What staff may state in place of a value: both ends of a figure in its stored unit, or a text."""

    low: float
    high: float
    text: str


class StagedValue(Correction, total=False):
    """A `scraper.reading.cars.Value`, without the fields that are empty."""

    key: Required[str]
    currency: str
    unit: str
    raw: str
    label: str
    note: str
