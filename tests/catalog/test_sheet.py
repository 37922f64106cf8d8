"""Facts read right: units, ranges, sources side by side, and nothing where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from catalog.models import Source, Spec, Variant
from catalog.specs import sheet
from catalog.specs.agreement import contradict
from catalog.specs.units import UNITS

pytestmark = pytest.mark.django_db
AddSpec = Callable[..., Spec]


@pytest.fixture
def car(add_variant: Callable[..., Variant]) -> Variant:
    """A car without facts."""
    return add_variant("Audi", "A5", 2012, body_style="coupe")


def _rows(car: Variant, system: Any = "metric") -> dict[str, sheet.Row]:
    specs = Variant.objects.with_specs().get(pk=car.pk).specs.all()
    return {row.kind.key: row for row in sheet.rows(specs, system)}


@pytest.mark.parametrize(
    ("key", "unit", "low", "high", "metric", "imperial"),
    [
        ("consumption_combined", "mpg", 21, 25, "9.4–11.2 l/100 km", "21–25 mpg"),
        ("consumption_combined", "mpg", 24, 24, "9.8 l/100 km", "24 mpg"),
        ("power", "hp", 335, 335, "250 kW", "335 hp"),
        ("displacement", "l", 2.0, 3.2, "2.0–3.2 l", "2.0–3.2 l"),
        ("electricity_combined", "kWh/100 mi", 34, 34, "21.1 kWh/100 km", "34.0 kWh/100 mi"),
        ("electric_range", "mi", 265, 265, "426 km", "265 mi"),
        ("co2", "g/mi", 370, 370, "230 g/km", "370 g/mi"),
        ("length", "mm", 4626, 4626, "4,626 mm", "182.1 in"),
        ("mass", "kg", 1585, 1585, "1,585 kg", "3,494 lb"),
        ("cylinders", "", 4, 6, "4–6", "4–6"),
    ],
)
def test_figures_read_in_the_units_people_chose(
    car: Variant, add_spec: AddSpec, key: str, unit: str, low: float, high: float, metric: str, imperial: str
) -> None:
    ends = sorted((UNITS[unit].to_si(low), UNITS[unit].to_si(high)))
    add_spec(car, key, *ends)
    assert _rows(car)[key].first.replace(sheet.NBSP, " ") == metric
    assert _rows(car, "imperial")[key].first.replace(sheet.NBSP, " ") == imperial


def test_prices_keep_their_currency(car: Variant, add_spec: AddSpec) -> None:
    add_spec(car, "price", 40650, 46135, currency="EUR")
    assert _rows(car)["price"].first == f"40,650–46,135{sheet.NBSP}EUR"


def test_words_read_as_a_list(car: Variant, add_spec: AddSpec) -> None:
    add_spec(car, "offered_as", text="Convertible; Coupe; SUV")
    add_spec(car, "transmission", text="Automatic, 6 gears; Manual, 6 gears")
    assert _rows(car)["offered_as"].first == "Convertible, coupe, SUV"
    assert _rows(car)["transmission"].first == "Automatic, 6 gears; manual, 6 gears"


def test_what_no_source_says_is_a_row_without_values(car: Variant) -> None:
    rows = _rows(car)
    assert rows["power"].values == []
    assert rows["power"].first == ""
    assert sheet.headlines(rows.values()) == []


def test_sources_that_say_the_same_share_a_value_and_others_stand_beside_it(
    car: Variant, add_spec: AddSpec, other_source: Source
) -> None:
    add_spec(car, "cylinders", 4, source=other_source)
    add_spec(car, "cylinders", 4)
    add_spec(car, "power", 155e3, source=other_source)
    add_spec(car, "power", 150e3)
    rows = _rows(car)
    assert [len(value.statements) for value in rows["cylinders"].values] == [2]
    assert [value.text for value in rows["power"].values] == [f"150{sheet.NBSP}kW", f"155{sheet.NBSP}kW"]
    assert rows["power"].values[0].statements[0].spec.source.slug == "best"


def test_a_note_that_all_facts_of_a_source_share_is_said_once(car: Variant, add_spec: AddSpec) -> None:
    add_spec(car, "cylinders", 4, note="covers all trims")
    add_spec(car, "co2", 1e-4, note="covers all trims; on petrol")
    specs = Variant.objects.with_specs().get(pk=car.pk).specs.all()
    assert [(source.slug, text) for source, text in sheet.limits(specs)] == [("best", "covers all trims")]
    assert _rows(car)["co2"].values[0].statements[0].note == "on petrol"
    assert _rows(car)["cylinders"].values[0].statements[0].note == ""


def test_facts_of_another_model_year_say_so_unless_one_of_the_right_year_agrees(
    car: Variant, add_spec: AddSpec, other_source: Source
) -> None:
    add_spec(car, "power", 150e3, model_year=2013, source=other_source)
    add_spec(car, "cylinders", 4, model_year=2013, source=other_source)
    add_spec(car, "cylinders", 4)
    assert _rows(car)["power"].model_year == 2013
    assert _rows(car)["cylinders"].model_year is None


def test_an_electric_car_has_no_rows_for_fuel_and_a_petrol_car_none_for_the_plug(
    car: Variant, add_variant: Callable[..., Variant], add_spec: AddSpec
) -> None:
    electric = add_variant("Nissan", "Leaf", 2012)
    add_spec(electric, "fuel", text="Electric")
    add_spec(car, "fuel", text="Petrol")
    assert "consumption_city" not in _rows(electric)
    assert "electric_range" in _rows(electric)
    assert "consumption_city" in _rows(car)
    assert "electric_range" not in _rows(car)


def test_a_plug_in_hybrid_has_rows_for_both(car: Variant, add_spec: AddSpec) -> None:
    add_spec(car, "fuel", text="Plug-in hybrid")
    assert {"consumption_city", "electric_range"} <= set(_rows(car))


def test_comparing_shows_only_differences_if_asked_and_says_what_does_not_apply(
    car: Variant, add_variant: Callable[..., Variant], add_spec: AddSpec
) -> None:
    electric = add_variant("Nissan", "Leaf", 2012)
    add_spec(electric, "fuel", text="Electric")
    add_spec(car, "fuel", text="Petrol")
    add_spec(car, "doors", 4)
    add_spec(electric, "doors", 4)
    add_spec(car, "cylinders", 4)
    cars = list(Variant.objects.with_specs().order_by("pk"))
    found = {
        row.kind.key: row
        for group in sheet.comparison(cars, "metric", differences=False)
        for row in group.rows
    }
    assert set(found) == {"fuel", "doors", "cylinders"}
    assert [(value.text, value.applies) for value in found["cylinders"].values] == [("4", True), ("", False)]
    different = sheet.comparison(cars, "metric", differences=True)
    assert {row.kind.key for group in different for row in group.rows} == {"fuel", "cylinders"}


# --- Sources that contradict each other ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        ({"low": 100, "high": 110}, {"low": 105, "high": 120}, False),
        ({"low": 100, "high": 100}, {"low": 101, "high": 101}, False),
        ({"low": 100, "high": 100}, {"low": 103, "high": 103}, True),
        ({"low": 100, "high": 100}, {"low": 90, "high": 97}, True),
        ({"text": "Petrol; Diesel"}, {"text": "Diesel"}, False),
        ({"text": "Petrol"}, {"text": "Diesel"}, True),
        (
            {"key": "transmission", "text": "Automatic"},
            {"key": "transmission", "text": "Automatic, 6 gears"},
            False,
        ),
        ({"key": "fuel", "text": "Hybrid"}, {"key": "fuel", "text": "Plug-in hybrid"}, True),
        ({"key": "size_class", "text": "Compact"}, {"key": "size_class", "text": "Midsize"}, False),
        ({"low": 1, "currency": "EUR"}, {"low": 9, "currency": "USD"}, False),
        ({"low": 1, "model_year": 2011}, {"low": 9}, False),
    ],
)
def test_sources_contradict_each_other_where_both_can_not_be_true(
    one: dict[str, Any], other: dict[str, Any], conflict: bool
) -> None:
    assert contradict(Spec(**one), Spec(**other)) is conflict
    assert contradict(Spec(**other), Spec(**one)) is conflict
