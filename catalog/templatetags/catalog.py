"""What templates ask of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.models import Variant
from catalog.search.facets import Facet, Option
from catalog.specs import sheet
from catalog.specs.vocabulary import UnitSystem
from core.text import fold

register = template.Library()

# A card has room for little.
_ON_CARDS = ("power", "consumption_combined", "electricity_combined", "fuel")

# What a list that is sorted by this shows.
_SORTED_BY = {
    "power": ("power",),
    "consumption": ("consumption_combined", "electricity_combined"),
    "price": ("price",),
}

_OPTION = (
    '<li><label for="{0}-{1}"><input type="checkbox" id="{0}-{1}" name="{0}" value="{1}"> <span>{2}</span> '
    '<span class="muted number">{3}<span class="visually-hidden"> {4}</span></span></label></li>'
)
_CHOSEN = _OPTION.replace('value="{1}"', 'value="{1}" checked')


@register.simple_tag
def options(facet: Facet) -> SafeString:
    """The choices of a facet. Not a template's loop: that took a quarter of a page's time for 150 makes."""
    return format_html_join("\n", "{}", ((_option(facet.name, option),) for option in facet.options))


def _option(name: str, option: Option) -> SafeString:
    cars = "car" if option.count == 1 else "cars"
    words = _CHOSEN if option.selected else _OPTION
    return format_html(words, name, option.value, option.label, option.count, cars)


@register.simple_tag
def card_facts(variant: Variant, system: UnitSystem, sort: str = "") -> list[sheet.Row]:
    """The known ones among the facts that tell a car apart in a list; `specs` have to be prefetched.

    What the list is sorted by comes first, and is there for every car that has it.
    """
    first = _SORTED_BY.get(sort, ())
    keys = (*first, *(key for key in _ON_CARDS if key not in first))
    return sheet.headlines(sheet.rows(variant.specs.all(), system), keys)


@register.filter
def slugs_without(cars: Iterable[Variant], car: Variant) -> list[str]:
    """The slugs of all cars but one."""
    return [other.slug for other in cars if other != car]


@register.filter
def slugs_with(cars: Iterable[Variant], car: Variant) -> list[str]:
    """The slugs of all cars and one more."""
    return [*(other.slug for other in cars), car.slug]


@register.filter
def with_article(name: str) -> str:
    """ "Audi" → "an Audi", "BMW" → "a BMW", "MG" → "an MG"."""
    return f"{'an' if _begins_with_a_vowel(name) else 'a'} {name}"


def _begins_with_a_vowel(name: str) -> bool:
    """As it is said: letters one by one where there is no vowel among them, or capitals are mixed."""
    first = fold(name).partition(" ")[0]
    spoken = name.split(maxsplit=1)[0] if name.split() else ""
    if len(spoken) > 1 and spoken[:2].isupper() and not (set(first) & set("aeiouy")):
        return first[0] in "aefhilmnorsx"
    if first[:2] == "xp":  # XPeng
        return True
    return first[:1] in set("aeio") or (first[:1] == "u" and not first.startswith(("uni", "us", "ut", "ua")))
