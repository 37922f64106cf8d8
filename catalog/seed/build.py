"""Builds the seed: which rows of the source tables speak about which car, and the facts they hold.

What speaks about a car is decided by hand, in `variants.csv`, because the tables name cars each in its own
way:

- `epa`: names of models in the fuel-economy table; `epa_year` where a neighbouring model year stands in;
  `epa_where` narrows them ("displ=6.1"); `epa_note` says in words what that leaves or mixes.
- `features`, `features_styles`, `features_year`, `features_where`, `features_note`: the same for features and
  prices.
- `us`: names of models in the list of US models.
- `india`, `india_note`: names of cars in the table of cars sold in India in 2024.

A car without `year` stands for a model in all its generations, as the classifier knows it.

Empty columns mean that no row of that table is about this car; then it has no facts from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.exceptions import SeedError
from catalog.seed import epa, features, india, tables, us_models
from catalog.seed.facts import Match
from catalog.seed.files import FOLDER, SeedVariant, as_lines, split, variants


@dataclass(frozen=True)
class Seed:
    """What was built: the text of `facts.jsonl`."""

    text: str


class Builder:
    """Holds the tables of `folder`. Raises SeedError where one is missing."""

    def __init__(self, folder: Path) -> None:
        self.labels = list(tables.read(folder / tables.CLASSES))
        self.epa = tables.Table(folder / tables.EPA, make="make", model="model", year="year")
        self.features = tables.Table(folder / tables.FEATURES, make="Make", model="Model", year="Year")
        self.us_models = tables.Table(folder / tables.US_MODELS, make="make", model="model", year="year")
        self.india = tables.Table(folder / tables.INDIA, make="brand_name", model="car_name")

    def build(self, seed_folder: Path = FOLDER) -> Seed:
        """All facts about all cars of `variants.csv`. Raises SeedError where the tables contradict it."""
        cars = variants(seed_folder)
        if difference := {row["label"] for row in self.labels} ^ {car.label for car in cars}:
            raise SeedError(f"variants.csv and {tables.CLASSES} differ in: {', '.join(sorted(difference))}.")
        return Seed(as_lines((car.slug, match) for car in cars for match in self._matches(car)))

    def _matches(self, car: SeedVariant) -> Iterator[Match]:
        columns = car.matching
        if names := split(columns["india"]):
            yield india.match(self.india.find(car.make, names, ""), note=columns["india_note"])
        if car.year is None:
            return
        if names := split(columns["epa"]):
            found = self.epa.find(car.make, names, columns["epa_year"] or car.year)
            rows = self._narrowed(car, found, columns["epa_where"])
            yield epa.match(rows, year=car.year, note=columns["epa_note"])
        if names := split(columns["features"]):
            found = self.features.find(car.make, names, columns["features_year"] or car.year)
            styles = split(columns["features_styles"])
            styled = [row for row in found if row["Vehicle Style"] in styles]
            rows = self._narrowed(car, styled, columns["features_where"])
            yield features.match(rows, year=car.year, note=columns["features_note"])
        if names := split(columns["us"]):
            yield us_models.match(self.us_models.find(car.make, names, car.year), year=car.year)

    def _narrowed(self, car: SeedVariant, rows: list[tables.Row], condition: str) -> list[tables.Row]:
        narrowed = tables.only(rows, condition)
        if not narrowed:
            raise SeedError(f"No row is left for {car.label} where {condition or 'the body style fits'}.")
        return narrowed
