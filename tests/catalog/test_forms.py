"""Curators read and write figures in the units that pages show; what they do not touch stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse

from catalog.forms import SpecForm
from catalog.models import Source, Spec, Variant
from catalog.specs.sheet import fact_text
from catalog.specs.units import range_to_si
from catalog.specs.vocabulary import SPECS

pytestmark = pytest.mark.django_db
AddVariant = Callable[..., Variant]
AddSpec = Callable[..., Spec]
FIGURES = [kind for kind in SPECS.values() if kind.kind == "number"]


@pytest.fixture
def car(add_variant: AddVariant) -> Variant:
    return add_variant("Audi", "A5", 2012, body_style="coupe")


def posted(spec: Spec, **changes: Any) -> SpecForm:
    """The form of a fact, sent as it was shown but for the changes."""
    shown = SpecForm(instance=spec)
    values = {name: shown.get_initial_for_field(field, name) for name, field in shown.fields.items()}
    data = {name: value for name, value in (values | changes).items() if value is not None}
    return SpecForm(data, instance=Spec.objects.get(pk=spec.pk))


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.key)
def test_every_figure_is_written_as_it_is_read(car: Variant, add_spec: AddSpec, kind: Any) -> None:
    unit, decimals = kind.display_unit("metric")
    spec = add_spec(car, kind.key, *range_to_si(3, 3, unit), currency="USD" if kind.key == "price" else "")
    assert SpecForm(instance=spec).get_initial_for_field(SpecForm(instance=spec).fields["low"], "low") == 3
    form = posted(spec, low=5, high=7)
    assert form.is_valid(), form.errors
    text = fact_text(form.save(), "metric")
    assert text.startswith(f"{5:.{decimals}f}–{7:.{decimals}f}")
    assert (unit.replace(" ", "\N{NO-BREAK SPACE}") in text) or kind.key == "price"


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.key)
def test_a_figure_that_is_not_touched_stays_to_the_last_digit(
    car: Variant, add_spec: AddSpec, kind: Any
) -> None:
    odd = range_to_si(1.23456789012, 7.6543210987, kind.display_unit("metric")[0])
    spec = add_spec(car, kind.key, *odd)
    form = posted(spec, raw="only this")
    assert form.is_valid(), form.errors
    assert form.changed_data == ["raw"]
    form.save()
    spec.refresh_from_db()
    assert (spec.low, spec.high) == odd
    form = posted(spec, high=9)
    assert form.is_valid(), form.errors
    assert form.save().low == odd[0]


def test_the_unit_is_said_and_a_range_is_in_order(car: Variant, add_spec: AddSpec) -> None:
    spec = add_spec(car, "displacement", 1.8e-3)
    html = SpecForm(instance=spec).as_p()
    assert 'value="1.8"' in html
    assert ">l</span>" in html
    assert "Displacement (l)" in html
    assert "0.0018" not in html
    assert "must not be below" in str(posted(spec, low=2, high=1).errors)
    assert "Give the lower figure" in str(posted(spec, low="", high=1).errors)
    alone = posted(spec, low=2, high="")
    assert alone.is_valid()
    assert (alone.instance.low, alone.instance.high) == (0.002, 0.002)


def test_figures_and_words_are_not_mixed_up(car: Variant, add_spec: AddSpec) -> None:
    spec = add_spec(car, "power", 155e3)
    assert "fact in words" in str(posted(spec, key="fuel", text="Petrol").errors)
    moved = posted(spec, key="torque")
    assert moved.is_valid(), moved.errors
    assert moved.save().low == 155, "the figure is read in the unit of the new fact"


def test_the_admins_page_of_a_car_takes_what_it_shows(
    admin_client: Client, car: Variant, add_spec: AddSpec, other_source: Source
) -> None:
    spec = add_spec(car, "displacement", 1.8e-3)
    url = reverse("admin:catalog_variant_change", args=[car.pk])
    page = admin_client.get(url).content.decode()
    assert 'name="specs-0-low" value="1.8"' in page
    data = {
        **{key: value for key, value in model_to_dict(car).items() if value is not None},
        "specs-TOTAL_FORMS": "2", "specs-INITIAL_FORMS": "1", "photos-TOTAL_FORMS": "0", "photos-INITIAL_FORMS": "0",
        "specs-0-id": spec.pk, "specs-0-variant": car.pk, "specs-0-key": "displacement", "specs-0-low": "2.0",
        "specs-0-high": "2.0", "specs-0-text": "", "specs-0-source": spec.source_id, "specs-0-retrieved": "2026-11-21",
        "specs-1-variant": car.pk, "specs-1-key": "power", "specs-1-low": "155", "specs-1-high": "", "specs-1-text": "",
        "specs-1-source": other_source.pk, "specs-1-retrieved": "2026-11-21",
    }  # fmt: skip
    response = admin_client.post(url, data)
    assert response.status_code == 302, response.context["errors"]
    found = {one.key: (one.low, one.high) for one in Spec.objects.all()}
    assert found == {"displacement": (0.002, 0.002), "power": (155e3, 155e3)}


def test_a_price_of_millions_is_shown_whole(car: Variant, add_spec: AddSpec) -> None:
    form = SpecForm(instance=add_spec(car, "price", 12_345_678, 12_345_678, currency="INR"))
    assert form.get_initial_for_field(form.fields["low"], "low") == 12_345_678
