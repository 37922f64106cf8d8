"""Cars that are to stand side by side, and cars that may join them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.models import Variant
from catalog.search import listing
from catalog.search.criteria import MAX_QUERY, UNREADABLE

MAX_CARS = 4
MAX_SUGGESTIONS = 8


@dataclass(frozen=True)
class Choice:
    """Cars in the order asked for. `left_out` counts those too many or not in the catalogue."""

    cars: list[Variant]
    left_out: int

    @property
    def is_full(self) -> bool:
        """Whether no further car fits."""
        return len(self.cars) >= MAX_CARS


@dataclass(frozen=True)
class Suggestions:
    """Cars that a query finds, less those that are there. `searched` is set where words were replaced."""

    query: str
    searched: str
    cars: list[Variant]


def choose(slugs: Iterable[str]) -> Choice:
    """The first cars of these that are published, each once, with facts."""
    wanted = [slug for slug in dict.fromkeys(slugs) if slug and UNREADABLE not in slug][: 4 * MAX_CARS]
    known = Variant.objects.published().with_names().with_specs().known_as(wanted)
    cars = list(dict.fromkeys(known[slug] for slug in wanted if slug in known))[:MAX_CARS]
    return Choice(cars, left_out=len(wanted) - len(cars))


def suggest(query: str, cars: Iterable[Variant]) -> Suggestions:
    """Cars to add to these; none for an empty query."""
    query = query.replace(UNREADABLE, " ")[:MAX_QUERY].strip()
    found, searched = listing.find(query, MAX_SUGGESTIONS) if query else ([], "")
    there = set(cars)
    return Suggestions(query, searched, [car for car in found if car not in there])
