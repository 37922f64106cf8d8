"""Which car a name, a slug or an address of a page means, and names to offer while one is typed."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import forms
from django.db.models import Q
from django.forms.widgets import Script, TextInput
from django.urls import reverse_lazy

from catalog.models import Variant
from catalog.querysets import VariantQuerySet
from catalog.search import listing
from catalog.search.criteria import Criteria
from core.text import fold

#: Names that are offered, and cars of one name that are compared.
OFFERED, SAME_NAME = 20, 500


def offered(text: str, limit: int = OFFERED) -> list[str]:
    """Names of published cars that fit what was typed, the nearest first."""
    return [str(car) for car in listing.find(text, limit)[0]] if fold(text) else []


def named(text: str, variants: VariantQuerySet) -> list[Variant]:
    """Those of `variants` whose full name this is, whatever the case, accents and signs."""
    wanted = fold(text)
    if not wanted:
        return []
    # Of long names not every word is looked for, but their year narrows.
    years = [int(word) for word in wanted.split() if word.isdecimal() and len(word) == 4]
    of_words = variants.meeting(Criteria(q=text)).with_names()
    of_year = of_words.filter(Q(year__in=years) | Q(year=None)) if years else of_words
    return [car for car in of_year.order_by("pk")[:SAME_NAME] if fold(str(car)) == wanted]


def variant_meant(text: str) -> Variant:
    """The one car that an address, a slug or a name means, published or not.

    Raises ValidationError where that is none, or several.
    """
    text = text.strip()
    slug = urlsplit(text).path.strip("/").rpartition("/")[2]
    if found := Variant.objects.with_names().known_as([slug]).get(slug):
        return found
    cars = named(text, Variant.objects.all()) or listing.find(text, OFFERED)[0]
    if len(cars) == 1:
        return cars[0]
    if not cars:
        raise forms.ValidationError("The catalogue has no such car.")
    names = "; ".join(f"{car} ({car.slug})" for car in cars[:6])
    raise forms.ValidationError(f"Several cars have this name. Enter what is in brackets: {names}.")


class CarInput(TextInput):
    """An input for a car's name. With JavaScript, names are offered while one is typed."""

    class Media:
        js = (Script("catalog/names.js", type="module"),)

    def __init__(self, attrs: dict[str, str] | None = None) -> None:
        super().__init__(
            {"data-names": reverse_lazy("catalog:names"), "autocomplete": "off", **(attrs or {})}
        )


class CarField(forms.CharField):
    """The one car that a name, a slug or an address means; its value is a Variant."""

    widget = CarInput

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("help_text", "Its name, or the address of its page.")
        super().__init__(max_length=300, **kwargs)  # type: ignore[arg-type]  # what CharField takes

    def clean(self, value: object) -> Variant | None:
        """The car; None where none is needed and named."""
        text = super().clean(value)
        return variant_meant(text) if text else None
