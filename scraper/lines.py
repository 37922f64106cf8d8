"""Normalised cars as lines of JSON: how they leave the process that crawls."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from scraper.cars import Car, RawPhoto, Unparsed, Value


def car_to_line(car: Car) -> str:
    """One line, without its end."""
    return json.dumps(asdict(car), ensure_ascii=False, separators=(",", ":"))


def car_from_line(line: str) -> Car:
    """The car again, equal to the one that was written."""
    words: dict[str, Any] = json.loads(line)
    parts = {
        "values": tuple(Value(**value) for value in words["values"]),
        "unparsed": tuple(Unparsed(**statement) for statement in words["unparsed"]),
        "photos": tuple(RawPhoto(**photo) for photo in words["photos"]),
        "years": tuple(words["years"]) if words["years"] else None,
    }
    return Car(**{**words, **parts})
