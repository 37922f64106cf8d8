"""The cars of the demonstration site: imaginary ones, so that no figure can be mistaken for a fact."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

from core.text import slug

FOLDER = Path(__file__).parent
PHOTOS = FOLDER / "photos"


class DemoCar(NamedTuple):
    """A row of `cars.csv`; figures as the site words them."""

    make: str
    model: str
    trim: str
    year: str
    body: str
    fuel: str
    transmission: str
    drive: str
    litres: str
    power: str
    torque: str
    length: str
    width: str
    height: str
    mass: str
    consumption: str
    price: str

    @property
    def name(self) -> str:
        """As the page's heading says it."""
        return f"{self.make} {self.model} {self.trim} ({self.year})"

    @property
    def slug(self) -> str:
        """The last part of the page's address."""
        return slug(self.name)

    @property
    def photos(self) -> tuple[str, ...]:
        """Names of the files in `photos`: the car from outside, and a cabin."""
        return (f"{self.model.lower().replace(' ', '-')}.jpg", "cabin.jpg")


@cache
def demo_cars() -> tuple[DemoCar, ...]:
    """All of them, always in the same order."""
    with (FOLDER / "cars.csv").open(newline="", encoding="utf-8") as rows:
        return tuple(DemoCar(**row) for row in csv.DictReader(rows))
