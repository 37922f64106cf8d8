"""What the list of cars can be narrowed by, with how many cars each choice would leave, and what is in effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from catalog.criteria import Criteria
from catalog.models import BodyStyle, Make
from catalog.querysets import VariantQuerySet
from catalog.specs import FUELS


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

    @property
    def is_used(self) -> bool:
        """Whether something of it is chosen."""
        return any(option.selected for option in self.options)


@dataclass(frozen=True)
class Chip:
    """One criterion in effect, and the query string of the list without it."""

    label: str
    query: str


def facets(variants: VariantQuerySet, criteria: Criteria) -> list[Facet]:
    """Make, body style and fuel; three queries, whatever the catalogue's size."""
    makes = _counted(variants.meeting(criteria, but="make"), "model__make__slug", "model__make__name")
    bodies = {
        value: count for value, _, count in _counted(variants.meeting(criteria, but="body"), "body_style")
    }
    fuels = variants.meeting(criteria, but="fuel").fuel_counts()
    body_labels = {body.value: str(body.label) for body in BodyStyle}
    return [
        _facet("make", "Make", makes, criteria.make),
        _facet(
            "body",
            "Body",
            [(name, label, bodies.get(name, 0)) for name, label in body_labels.items()],
            criteria.body,
        ),
        _facet("fuel", "Fuel", [(name, label, fuels[name]) for name, label in FUELS.items()], criteria.fuel),
    ]


def years(variants: VariantQuerySet) -> list[int]:
    """All model years of the catalogue, the newest first."""
    found = variants.order_by("-year").values_list("year", flat=True).distinct()
    return [year for year in found if year is not None]


def chips(criteria: Criteria) -> list[Chip]:
    """Every criterion in effect, in words."""
    slugs = [value for name, value in criteria.pairs() if name == "make"]
    makes = dict(Make.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}
    labels: dict[str, Callable[[Any], object]] = {
        "q": lambda value: f"“{value}”",
        "make": lambda value: makes.get(value, value),
        "model": lambda value: value.replace("-", " "),
        "body": lambda value: BodyStyle(value).label,
        "fuel": lambda value: FUELS[value],
        "year": str,
        "year_min": lambda value: f"from {value}",
        "year_max": lambda value: f"to {value}",
    }
    return [
        Chip(str(labels[name](value)), criteria.without(name, value).as_query())
        for name, value in criteria.pairs()
    ]


def _counted(variants: VariantQuerySet, value: str, label: str = "") -> list[tuple[str, str, int]]:
    columns = [value, label] if label else [value]
    found = variants.order_by().values(*columns).annotate(count=Count("pk"))
    return [(row[value], row[label or value], row["count"]) for row in found]


def _facet(name: str, label: str, counted: Iterable[tuple[str, str, int]], chosen: tuple[str, ...]) -> Facet:
    options = [Option(value, text, count, value in chosen) for value, text, count in counted]
    shown = [option for option in options if option.count or option.selected]
    known = {option.value for option in shown}
    shown += [
        Option(value, value.replace("-", " "), count=0, selected=True)
        for value in chosen
        if value not in known
    ]
    return Facet(
        name, label, sorted(shown, key=lambda option: option.label.casefold()) if name == "make" else shown
    )
