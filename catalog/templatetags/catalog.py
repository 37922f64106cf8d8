"""What templates ask of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog import sheet
from catalog.facets import Facet
from catalog.models import Variant
from catalog.specs import UnitSystem

register = template.Library()

# A card has room for little.
_ON_CARDS = ("power", "consumption_combined", "electricity_combined", "fuel")

_OPTION = (
    '<li><label for="{0}-{1}"><input type="checkbox" id="{0}-{1}" name="{0}" value="{1}"{2}> <span>{3}</span> '
    '<span class="muted number">{4}<span class="visually-hidden"> {5}</span></span></label></li>'
)


@register.simple_tag
def options(facet: Facet) -> SafeString:
    """The choices of a facet. Not a template's loop: that took a quarter of a page's time for 150 makes."""
    if not facet.options:
        return mark_safe('<li class="nothing">nothing left to choose</li>')
    said = (
        (
            facet.name,
            option.value,
            mark_safe(" checked") if option.selected else "",
            option.label,
            option.count,
            "car" if option.count == 1 else "cars",
        )
        for option in facet.options
    )
    return format_html_join("\n", _OPTION, said)


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
