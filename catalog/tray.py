"""Cars that a visitor has set aside to compare, over all pages: a cookie with their slugs, and no account.

The cookie is there only for who has ticked something, so that pages stay the same for all others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from catalog.models import Variant
from catalog.search.criteria import UNREADABLE
from catalog.specs.comparison import MAX_CARS

COOKIE = "compare"
_MONTH = 30 * 24 * 3600
#: Slugs have no dots.
_BETWEEN = "."


@dataclass(frozen=True)
class Tray:
    """The cars set aside, in the order in which they were. `left_out` found no room in the last change."""

    cars: list[Variant] = field(default_factory=list)
    left_out: list[Variant] = field(default_factory=list)

    @property
    def slugs(self) -> list[str]:
        """What the cookie keeps."""
        return [car.slug for car in self.cars]

    @property
    def is_full(self) -> bool:
        """Whether no further car fits."""
        return len(self.cars) >= MAX_CARS

    @property
    def most(self) -> int:
        """How many fit."""
        return MAX_CARS


def read(request: HttpRequest) -> Tray:
    """The tray of a visitor; one query where there is something in it, else none."""
    return Tray(_known(_kept(request))[:MAX_CARS])


def changed(request: HttpRequest, *, shown: Iterable[str], ticked: Iterable[str]) -> Tray:
    """The tray after a form said which of the cars that it showed are ticked; cars of other pages stay."""
    wanted, seen = list(ticked), set(shown)
    staying = [slug for slug in _kept(request) if slug not in seen or slug in wanted]
    cars = _known([*staying, *wanted])
    return Tray(cars[:MAX_CARS], cars[MAX_CARS:])


def write(response: HttpResponseBase, tray: Tray, *, secure: bool) -> None:
    """Keep the tray with the visitor's browser."""
    if not tray.cars:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    value = _BETWEEN.join(tray.slugs)
    response.set_cookie(COOKIE, value, max_age=_MONTH, secure=secure, httponly=True, samesite="Lax")


def _kept(request: HttpRequest) -> list[str]:
    return [slug for slug in request.COOKIES.get(COOKIE, "").split(_BETWEEN)[: 2 * MAX_CARS] if slug]


def _known(slugs: Iterable[str]) -> list[Variant]:
    """Those that are in the catalogue, each once."""
    wanted = [slug for slug in dict.fromkeys(slugs) if UNREADABLE not in slug][: 10 * MAX_CARS]
    if not wanted:
        return []
    known = Variant.objects.published().with_names().known_as(wanted)
    return list(dict.fromkeys(known[slug] for slug in wanted if slug in known))
