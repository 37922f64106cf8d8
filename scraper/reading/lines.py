"""Normalised cars as lines of JSON: how they leave the process that crawls."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from scraper.reading.cars import Car, RawPhoto, Unparsed, Value


def car_to_line(car: Car, fetched: float) -> str:
    """One line, without its end; `fetched` (Unix time) is when the site said so."""
    return json.dumps({"fetched": fetched, **asdict(car)}, ensure_ascii=False, separators=(",", ":"))


def car_from_line(line: str) -> tuple[Car, float]:
    """The car again, equal to the one that was written, and when it was fetched."""
    words: dict[str, Any] = json.loads(line)
    fetched = words.pop("fetched")
    parts = {
        "values": tuple(Value(**value) for value in words["values"]),
        "unparsed": tuple(Unparsed(**statement) for statement in words["unparsed"]),
        "photos": tuple(RawPhoto(**photo) for photo in words["photos"]),
        "years": tuple(words["years"]) if words["years"] else None,
    }
    return Car(**{**words, **parts}), fetched
