"""What templates ask of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from catalog import sheet
from catalog.models import Variant
from catalog.specs import UnitSystem

register = template.Library()

# A card has room for little.
_ON_CARDS = ("power", "consumption_combined", "electricity_combined", "fuel")


@register.filter
def headlines(variant: Variant, system: UnitSystem) -> list[sheet.Row]:
    """The known ones among the facts that tell a car apart in a list; `specs` have to be prefetched."""
    return sheet.headlines(sheet.rows(variant.specs.all(), system), _ON_CARDS)


@register.filter
def slugs_without(cars: Iterable[Variant], car: Variant) -> list[str]:
    """The slugs of all cars but one."""
    return [other.slug for other in cars if other != car]


@register.filter
def slugs_with(cars: Iterable[Variant], car: Variant) -> list[str]:
    """The slugs of all cars and one more."""
    return [*(other.slug for other in cars), car.slug]
