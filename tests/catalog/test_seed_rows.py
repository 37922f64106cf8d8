"""What a row of a source table means."""

from __future__ import annotations

import pytest

from catalog.exceptions import SeedError
from catalog.seed import epa, features, india
from catalog.seed.facts import Fact, join_names, number_fact, text_fact
from tests.catalog.seed_rows import EPA, FEATURES


def test_blanks_and_zeros_are_no_facts() -> None:
    assert number_fact("power", "hp", "HP", ["", "0", "0.0"]) is None
    assert text_fact("fuel", "Fuel", [("", "Petrol"), ("steam", "")]) is None
    assert number_fact("co2", "g/mi", "co2", ["0.0"], zero=True) == Fact(
        "co2", "co2: 0", low=0, high=0, unit="g/mi"
    )


def test_a_fact_needs_a_value_of_its_kind_and_raw_text() -> None:
    for wrong in (
        {"key": "power", "raw": "x", "text": "strong"},
        {"key": "fuel", "raw": "x", "low": 1, "high": 1},
        {"key": "power", "raw": "x", "low": 1, "high": 1, "unit": "oxen"},
        {"key": "power", "raw": "", "low": 1, "high": 1, "unit": "hp"},
        {"key": "power", "raw": "x" * 301, "low": 1, "high": 1, "unit": "hp"},
    ):
        with pytest.raises(SeedError):
            Fact(**wrong)


def test_an_electric_car_has_no_consumption_of_petrol() -> None:
    row = EPA | {
        "atvType": "EV",
        "fuelType1": "Electricity",
        "combE": "34",
        "range": "73",
        "evMotor": "80 kw DCPM",
    }
    row |= {"comb08": "99", "displ": "", "cylinders": "", "co2TailpipeGpm": "0.0"}
    facts = {fact.key: fact for fact in epa.match([row], year=2012, note="").facts}
    assert not {"consumption_city", "consumption_combined", "displacement", "cylinders", "fuel_grade"} & set(
        facts
    )
    assert facts["electricity_combined"].low == 34
    assert facts["electric_range"].low == 73
    assert (facts["power"].low, facts["power"].unit) == (80, "kW")
    assert facts["co2"].low == 0


def test_gas_by_the_equivalent_gallon_is_no_volume() -> None:
    row = EPA | {"atvType": "CNG", "fuelType1": "Natural Gas", "fuelType": "CNG"}
    facts = {fact.key: fact for fact in epa.match([row], year=2012, note="").facts}
    assert facts["fuel"].text == "Natural gas"
    assert "consumption_combined" not in facts


def test_figures_of_flex_fuel_and_plug_in_cars_say_what_they_hold_for() -> None:
    flex = EPA | {"atvType": "FFV", "fuelType": "Gasoline or E85"}
    facts = {fact.key: fact for fact in epa.match([EPA, flex | {"id": "2"}], year=2012, note="").facts}
    assert facts["fuel"].text == "Flex-fuel; Petrol"
    assert facts["consumption_city"].note == "on petrol, not on E85"
    plug = EPA | {
        "atvType": "Plug-in Hybrid",
        "fuelType": "Premium and Electricity",
        "combE": "62.1",
        "rangeA": "33",
    }
    facts = {fact.key: fact for fact in epa.match([plug], year=2012, note="").facts}
    assert facts["consumption_city"].note == "on petrol, once the battery is empty"
    assert facts["electric_range"].low == 33


def test_a_turbocharger_stated_for_some_entries_says_for_how_many() -> None:
    facts = {f.key: f for f in epa.match([EPA, EPA | {"id": "2", "tCharger": "T"}], year=2012, note="").facts}
    assert (facts["aspiration"].text, facts["aspiration"].note) == (
        "Turbocharged",
        "stated for 1 of 2 entries",
    )
    assert "aspiration" not in {fact.key for fact in epa.match([EPA], year=2012, note="").facts}


@pytest.mark.parametrize(
    ("said", "put"),
    [
        ("Manual 6-spd", "Manual, 6 gears"),
        ("Automatic 4-spd", "Automatic, 4 gears"),
        ("Automatic (S6)", "Automatic, 6 gears"),
        ("Automatic (L4)", "Automatic, 4 gears"),
        ("Automatic (AM-S7)", "Automated manual, 7 gears"),
        ("Automatic (AM5)", "Automated manual, 5 gears"),
        ("Automatic (variable gear ratios)", "Continuously variable"),
        ("Automatic (AV-S6)", "Continuously variable"),
        ("Automatic (A1)", "Single gear"),
        ("Hamster wheel", "Hamster wheel"),
    ],
)
def test_transmissions_are_put_in_words(said: str, put: str) -> None:
    assert epa.transmission(said) == put


@pytest.mark.parametrize(
    ("said", "put"),
    [
        ("Subcompact Cars", "Subcompact car"),
        ("Sport Utility Vehicle - 4WD", "Sport utility vehicle"),
        ("Standard Pickup Trucks 2WD", "Standard pickup truck"),
        ("Standard Pickup Trucks/2wd", "Standard pickup truck"),
        ("Vans, Cargo Type", "Cargo van"),
        ("Two Seaters", "Two-seater"),
        ("Midsize-Large Station Wagons", "Midsize-large station wagon"),
    ],
)
def test_size_classes_are_put_in_the_singular(said: str, put: str) -> None:
    assert epa.size_class(said) == put


def test_prices_before_2001_are_values_of_used_cars_and_no_list_prices() -> None:
    old = FEATURES | {"Year": "2000", "MSRP": "2000"}
    assert "price" not in {fact.key for fact in features.match([old], year=2000, note="").facts}
    assert "price" in {fact.key for fact in features.match([FEATURES], year=2012, note="").facts}


def test_hybrids_are_known_by_their_market_category() -> None:
    assert features.fuel(FEATURES | {"Market Category": "Luxury,Hybrid"}) == "Hybrid"
    assert features.fuel(FEATURES | {"Engine Fuel Type": "flex-fuel (unleaded/E85)"}) == "Flex-fuel"
    assert features.fuel(FEATURES) == "Petrol"
    assert features.fuel(FEATURES | {"Engine Fuel Type": ""}) == ""


def test_long_lists_of_names_are_shortened() -> None:
    assert join_names(["a", "b"]) == "a, b"
    assert join_names(list("abcdefg")) == "a, b, c and 4 more"


@pytest.mark.parametrize(
    ("said", "put"),
    [
        ("Manual - 6 Gears, Sport Mode", "Manual, 6 gears"),
        ("Automatic (TC) - 6 Gears, Manual Override & Paddle Shift", "Automatic, 6 gears"),
        ("Automatic (CVT) - 6 Gears, Paddle Shift", "Continuously variable"),
        ("Automatic (AMT) - 5 Gears", "Automated manual, 5 gears"),
        ("Manual", "Manual"),
        ("Hamster", ""),
        ("", ""),
    ],
)
def test_transmissions_of_india_are_put_in_our_words(said: str, put: str) -> None:
    assert india.transmission(said) == put


def test_prices_of_india_are_rupees() -> None:
    assert india.price("Rs. 46.02 Lakh") == 4_602_000
    assert india.price("Rs. 1.05 Crore") == 10_500_000
    assert india.price("On request") is None
