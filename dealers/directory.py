"""Finds dealers by make and place, for the directory, the short list on other pages, and the API."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.models import Make
from dealers.exceptions import DealersError, UnknownMake, UnknownPlace
from dealers.models import Dealer
from dealers.places import Place, find_place
from dealers.querysets import DealerQuerySet

FAR_METRES = 200_000
"""Beyond this a dealer is not "near", and the page says so."""


@dataclass(frozen=True)
class Search:
    """What was looked for, and the dealers found; nearest first where a place is known, by name elsewhere."""

    dealers: DealerQuerySet
    make: Make | None = None
    place: Place | None = None
    errors: tuple[DealersError, ...] = ()


def find_dealers(*, make: str = "", near: str = "") -> Search:
    """Active dealers of a make (its slug) near a place; unknown input is ignored and named in `errors`."""
    errors: list[DealersError] = []
    dealers = Dealer.objects.active().with_names()
    found_make = Make.objects.known_as([make]).get(make) if make else None
    if found_make:
        dealers = dealers.filter(makes=found_make)
    elif make:
        errors.append(UnknownMake(make))
    place = None
    if near:
        try:
            place = find_place(near)
        except UnknownPlace as error:
            errors.append(error)
        else:
            dealers = dealers.near(place.latitude, place.longitude)
    return Search(dealers, found_make, place, tuple(errors))
