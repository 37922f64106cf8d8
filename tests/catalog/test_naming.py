"""Which car people mean, and the names that are offered to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

from catalog.models import Variant
from catalog.search.car_names import CarField, named, offered, variant_meant

pytestmark = pytest.mark.django_db
Add = Callable[..., Variant]
LONG = "quattro 2.0 l turbo flex-fuel plug-in hybrid 8-speed automatic with all there is"


def test_a_car_is_meant_by_its_name_its_slug_or_the_address_of_its_page(add_variant: Add) -> None:
    car = add_variant("Audi", "A5", 2012, body_style="coupe")
    add_variant("Audi", "A5", 2013, body_style="coupe")
    page = f"https://cars.example{car.get_absolute_url()}?units=metric"
    for words in ("Audi A5 Coupe 2012", " audi  a5 coupe 2012 ", car.slug, car.get_absolute_url(), page):
        assert variant_meant(words) == car


def test_a_name_that_several_cars_have_is_asked_back(add_variant: Add) -> None:
    cars = [add_variant("Audi", "A5", year, body_style="coupe") for year in (2012, 2013)]
    with pytest.raises(forms.ValidationError, match="Several cars") as asked:
        variant_meant("Audi A5 Coupe")
    assert all(car.slug in str(asked.value) for car in cars)
    for words in ("Trabant", "0000", "\0", "!"):
        with pytest.raises(forms.ValidationError):
            variant_meant(words)


def test_the_longest_name_means_its_own_car(add_variant: Add) -> None:
    cars = [add_variant("Audi", "A5", year, body_style="coupe", trim=LONG) for year in range(1990, 2026)]
    assert variant_meant(str(cars[20])) == cars[20]
    assert named(str(cars[20]).upper(), Variant.objects.all()) == [cars[20]]


def test_a_figure_that_is_no_year_belongs_to_the_name(add_variant: Add) -> None:
    car = add_variant("Peugeot", "3008", None, body_style="suv")
    assert named("peugeot 3008 suv", Variant.objects.all()) == [car]
    assert named("\N{SUPERSCRIPT TWO}" * 4, Variant.objects.all()) == []


def test_names_are_offered_of_cars_that_visitors_may_see(add_variant: Add, client: Client) -> None:
    car = add_variant("Audi", "A5", 2012, body_style="coupe")
    add_variant("Audi", "A6", 2012, is_published=False)
    assert client.get(reverse("catalog:names"), {"q": "aud"}).json() == {"names": [str(car)]}
    assert offered("adui a5") == [str(car)]  # a slip of the finger
    assert offered("  ") == offered("!") == []


def test_many_cars_take_as_many_queries_as_one(
    add_variant: Add, client: Client, django_assert_max_num_queries: Callable
) -> None:
    for year in range(1990, 2026):
        add_variant("Audi", "A5", year)
    with django_assert_max_num_queries(3):
        assert len(client.get(reverse("catalog:names"), {"q": "audi"}).json()["names"]) == 20


def test_a_field_for_a_car_lists_none() -> None:
    class Which(forms.Form):
        car = CarField(required=False)

    form = Which({"car": ""})
    assert form.is_valid()
    assert form.cleaned_data["car"] is None
    assert f'data-names="{reverse("catalog:names")}"' in str(form)
