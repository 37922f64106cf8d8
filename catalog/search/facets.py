"""What the list of cars can be narrowed by, how many cars each choice would leave, and what is in effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Max, Min

from catalog.choices import BodyStyle
from catalog.models import Make
from catalog.querysets import VariantQuerySet
from catalog.search.criteria import Criteria
from catalog.specs.vocabulary import FUELS
from core.text import fold

NAMES = ("make", "body", "fuel")


@dataclass(frozen=True)
class Option:
    """One choice of a facet. `count` is how many cars it would show beside the other facets."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True)
class Facet:
    """A name of the query string and its choices; chosen ones stay on the list when they are empty."""

    name: str
    label: str
    options: list[Option]


@dataclass(frozen=True)
class Chip:
    """One criterion in effect, and the query string of the list without it."""

    label: str
    query: str


class Cell(NamedTuple):
    """How many cars share all that facets tell apart: each has one make and body, and a set of fuels."""

    make: frozenset[str]
    body: frozenset[str]
    fuel: frozenset[str]
    cars: int


@dataclass(frozen=True)
class Tally:
    """All cars that meet the criteria but for the facets; every number on the page is a sum of cells."""

    criteria: Criteria
    cells: list[Cell]
    makes: dict[str, str]

    @classmethod
    def take(cls, variants: VariantQuerySet, criteria: Criteria) -> Tally:
        """Two queries: the counts, and how the makes are called."""
        rows = list(variants.meeting(criteria, but=NAMES).cells())
        makes = {
            pk: (slug, name) for pk, slug, name in Make.objects.order_by().values_list("pk", "slug", "name")
        }
        slugs = {pk: frozenset([slug]) for pk, (slug, _) in makes.items()}
        bodies = {body: frozenset([body]) for _, body, _, _ in rows}
        sets = {fuels: frozenset(fuels.split()) for _, _, fuels, _ in rows}
        cells = [Cell(slugs[make], bodies[body], sets[fuels], cars) for make, body, fuels, cars in rows]
        return cls(criteria, cells, dict(makes.values()))

    @property
    def total(self) -> int:
        """How many cars meet all criteria."""
        return sum(cell.cars for cell in self._meeting(NAMES))

    def facets(self) -> list[Facet]:
        """Make, body style and fuel."""
        bodies = {body.value: str(body.label) for body in BodyStyle}
        by_name = dict(sorted(self.makes.items(), key=lambda make: fold(make[1])))
        return [
            self._facet("make", "Make", by_name),
            self._facet("body", "Body", bodies),
            self._facet("fuel", "Fuel", FUELS),
        ]

    def chips(self) -> list[Chip]:
        """Every criterion in effect, in words."""
        labels: dict[str, Callable[[str], object]] = {
            "q": lambda value: f"“{value}”",
            "make": lambda value: self.makes.get(value, value),
            "model": lambda value: value.replace("-", " "),
            "body": lambda value: BodyStyle(value).label,
            "fuel": lambda value: FUELS[value],
            "year": str,
            "year_min": lambda value: f"from {value}",
            "year_max": lambda value: f"to {value}",
        }
        return [
            Chip(str(labels[name](str(value))), self.criteria.without(name, value).as_query())
            for name, value in self.criteria.pairs()
        ]

    def _meeting(self, names: Iterable[str]) -> list[Cell]:
        """Cells that meet what is chosen of these facets."""
        chosen = [(name, set(values)) for name in names if (values := getattr(self.criteria, name))]
        if not chosen:
            return self.cells
        return [cell for cell in self.cells if all(getattr(cell, name) & values for name, values in chosen)]

    def _facet(self, name: str, label: str, labels: dict[str, str]) -> Facet:
        counts: Counter[str] = Counter()
        for cell in self._meeting(other for other in NAMES if other != name):
            for value in getattr(cell, name):
                counts[value] += cell.cars
        chosen = getattr(self.criteria, name)
        shown = {value: text for value, text in labels.items() if counts[value] or value in chosen}
        shown |= {value: value.replace("-", " ") for value in chosen if value not in shown}
        return Facet(
            name,
            label,
            [Option(value, text, counts[value], value in chosen) for value, text in shown.items()],
        )


def years(variants: VariantQuerySet) -> list[int]:
    """The years from the newest car of the catalogue to the oldest."""
    ends = variants.aggregate(first=Min("year"), last=Max("year"))
    return list(range(ends["last"], ends["first"] - 1, -1)) if ends["last"] else []
