"""The seed says only what its sources say, and says where."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.exceptions import SeedError
from catalog.models import BodyStyle
from catalog.seed import epa, features, files, india, tables
from catalog.seed.build import Builder
from catalog.seed.facts import Fact, join_names, number_fact, text_fact
from catalog.specs import FUELS, SEPARATOR, SPECS

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "specs"

EPA = {
    "atvType": "",
    "city08": "20",
    "co2TailpipeGpm": "370.29",
    "comb08": "24",
    "combE": "0.0",
    "cylinders": "4",
    "displ": "2.0",
    "drive": "Front-Wheel Drive",
    "eng_dscr": "",
    "evMotor": "",
    "fuelType": "Premium",
    "fuelType1": "Premium Gasoline",
    "highway08": "30",
    "id": "1",
    "make": "Testla",
    "model": "Roader",
    "range": "0",
    "rangeA": "",
    "sCharger": "",
    "tCharger": "",
    "trany": "Manual 6-spd",
    "VClass": "Two Seaters",
    "year": "2012",
}
FEATURES = {
    "Make": "Testla",
    "Model": "Roader",
    "Year": "2012",
    "Engine Fuel Type": "premium unleaded (required)",
    "Engine HP": "200",
    "Engine Cylinders": "4",
    "Transmission Type": "MANUAL",
    "Driven_Wheels": "front wheel drive",
    "Number of Doors": "2",
    "Market Category": "N/A",
    "Vehicle Size": "Compact",
    "Vehicle Style": "Coupe",
    "highway MPG": "30",
    "city mpg": "20",
    "MSRP": "25000",
}
INDIA = {
    "brand_name": "Testla",
    "car_name": "Testla Roader",
    "variant_price": "Rs. 11.00 Lakh",
    "engine": "1497 cc, 4 Cylinders Inline, 4 Valves/Cylinder, DOHC",
    "fuel_type": "Petrol",
    "max_power": "113 bhp @ 6300 rpm",
    "max_torque": "143.8 Nm @ 4500 rpm",
    "mileage": "16.3 kmpl",
    "drivetrain": "FWD",
    "transmission_manual": "Automatic (DCT) - 7 Gears, Paddle Shift",
    "length": "4330 mm",
    "width": "1790 mm",
    "height": "",
    "wheel_base": "2610 mm",
    "doors": "5 Doors",
    "seating_capacity": "5 Person",
}
CAR = dict.fromkeys(("trim", "body_detail", "epa", "epa_year", "epa_where", "epa_note"), "") | dict.fromkeys(
    (
        "features",
        "features_styles",
        "features_year",
        "features_where",
        "features_note",
        "us",
        "india",
        "india_note",
    ),
    "",
)
CAR |= {
    "label": "Testla Roader Coupe 2012",
    "make": "Testla",
    "model": "Roader",
    "body_style": "coupe",
    "year": "2012",
}


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture
def write_tables(tmp_path: Path) -> Callable[..., Path]:
    """Writes tiny source tables and a `variants.csv` beside them; returns their folder."""

    def write(
        cars: list[dict[str, str]],
        epa_rows: list[dict[str, str]] = [EPA],  # noqa: B006  # read only
        features_rows: list[dict[str, str]] = [FEATURES],  # noqa: B006
        labels: list[dict[str, str]] | None = None,
    ) -> Path:
        labels = labels or [{"label": car["label"], "model_year": car["year"]} for car in cars]
        (tmp_path / tables.CLASSES).write_text(_csv(labels))
        (tmp_path / tables.EPA).write_bytes(gzip.compress(_csv(epa_rows).encode()))
        (tmp_path / tables.FEATURES).write_text(_csv(features_rows))
        us = {"year": "2012", "make": "Testla", "model": "Roader", "body_styles": '["Coupe", "SUV"]'}
        (tmp_path / tables.US_MODELS).write_text(_csv([us]))
        (tmp_path / tables.INDIA).write_text(_csv([INDIA]))
        (tmp_path / "variants.csv").write_text(_csv(cars))
        return tmp_path

    return write


def _facts(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Facts by source and key."""
    lines = [files.json.loads(line) for line in text.splitlines()]
    return {(line["source"], fact["key"]): fact | {"line": line} for line in lines for fact in line["facts"]}


# --- Building -----------------------------------------------------------------------------------------------
def test_every_fact_carries_its_source_and_raw_text(write_tables: Callable[..., Path]) -> None:
    folder = write_tables(
        [CAR | {"epa": "Roader", "features": "Roader", "features_styles": "Coupe", "us": "Roader"}]
    )
    facts = _facts(Builder(folder).build(folder).text)
    assert facts["epa", "consumption_combined"]["low"] == 24
    assert facts["epa", "consumption_combined"]["unit"] == "mpg"
    assert facts["epa", "consumption_combined"]["raw"] == "comb08: 24"
    assert facts["epa", "fuel"]["line"]["url"].endswith("sbs&id=1")
    assert facts["epa", "fuel"]["line"]["record"] == "1 entry: Roader 2012"
    assert facts["features-msrp", "power"]["raw"] == "Engine HP: 200"
    assert facts["features-msrp", "price"]["unit"] == "USD"
    assert facts["us-car-models", "offered_as"]["text"] == "Coupe; SUV"
    assert ("epa", "power") not in facts
    assert ("features-msrp", "displacement") not in facts


def test_a_car_that_no_table_speaks_about_has_no_facts(write_tables: Callable[..., Path]) -> None:
    folder = write_tables([CAR])
    assert Builder(folder).build(folder).text == ""


def test_several_engines_give_a_range_and_joined_words(write_tables: Callable[..., Path]) -> None:
    strong = EPA | {
        "id": "2",
        "displ": "3.5",
        "comb08": "19",
        "trany": "Automatic (S6)",
        "fuelType1": "Regular Gasoline",
    }
    folder = write_tables([CAR | {"epa": "Roader"}], [EPA, strong])
    facts = _facts(Builder(folder).build(folder).text)
    assert (facts["epa", "displacement"]["low"], facts["epa", "displacement"]["high"]) == (2, 3.5)
    assert (facts["epa", "consumption_combined"]["low"], facts["epa", "consumption_combined"]["high"]) == (
        19,
        24,
    )
    assert facts["epa", "transmission"]["text"] == "Automatic, 6 gears; Manual, 6 gears"
    assert facts["epa", "fuel_grade"]["text"] == "Premium; Regular"
    assert facts["epa", "displacement"]["line"]["record"] == "2 entries: Roader 2012"


def test_rows_are_narrowed_as_the_curated_file_says_and_the_note_says_how(
    write_tables: Callable[..., Path],
) -> None:
    strong = EPA | {"id": "2", "displ": "3.5"}
    car = CAR | {"epa": "Roader", "epa_where": "displ=3.5", "epa_note": "only its 3.5-litre entry"}
    folder = write_tables([car], [EPA, strong])
    facts = _facts(Builder(folder).build(folder).text)
    assert facts["epa", "displacement"]["low"] == 3.5
    assert facts["epa", "displacement"]["line"]["note"] == "only its 3.5-litre entry"


def test_a_neighbouring_model_year_says_so(write_tables: Callable[..., Path]) -> None:
    folder = write_tables([CAR | {"epa": "Roader", "epa_year": "2011"}], [EPA | {"year": "2011"}])
    assert _facts(Builder(folder).build(folder).text)["epa", "fuel"]["line"]["year"] == 2011


def test_only_rows_of_the_body_style_count(write_tables: Callable[..., Path]) -> None:
    sedan = FEATURES | {"Vehicle Style": "Sedan", "Engine HP": "150"}
    folder = write_tables(
        [CAR | {"features": "Roader", "features_styles": "Coupe"}], features_rows=[FEATURES, sedan]
    )
    assert "high" not in _facts(Builder(folder).build(folder).text)["features-msrp", "power"]


def test_names_that_fit_no_row_stop_the_build(write_tables: Callable[..., Path]) -> None:
    folder = write_tables([CAR | {"epa": "Roadster"}])
    with pytest.raises(SeedError, match="no Testla 'Roadster'"):
        Builder(folder).build(folder)
    folder = write_tables([CAR | {"epa": "Roader", "epa_where": "displ=9.9"}])
    with pytest.raises(SeedError, match=r"displ=9\.9"):
        Builder(folder).build(folder)


def test_a_car_of_all_years_has_the_facts_of_india(write_tables: Callable[..., Path]) -> None:
    folder = write_tables(
        [CAR | {"label": "Testla Roader", "year": "", "india": "Testla Roader", "india_note": "in India"}]
    )
    built = Builder(folder).build(folder).text
    facts = _facts(built)
    assert {source for source, _ in facts} == {india.SOURCE}
    assert facts[india.SOURCE, "price"]["low"] == 1_100_000
    assert facts[india.SOURCE, "price"]["unit"] == "INR"
    assert facts[india.SOURCE, "price"]["raw"] == "variant_price: 1100000"
    assert facts[india.SOURCE, "power"]["low"] == 113
    assert facts[india.SOURCE, "torque"]["low"] == 143.8
    assert facts[india.SOURCE, "consumption_combined"] | {"line": 0} == {
        "key": "consumption_combined", "low": 16.3, "unit": "km/l", "raw": "mileage: 16.3", "line": 0,
    }  # fmt: skip
    assert facts[india.SOURCE, "transmission"]["text"] == "Dual clutch, 7 gears"
    assert facts[india.SOURCE, "cylinders"]["low"] == 4
    assert facts[india.SOURCE, "wheelbase"]["line"]["year"] == 2024
    assert (india.SOURCE, "height") not in facts


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


def test_a_label_that_is_missing_from_the_curated_file_stops_the_build(
    write_tables: Callable[..., Path],
) -> None:
    labels = [
        {"label": CAR["label"], "model_year": "2012"},
        {"label": "Testla Wagon 2013", "model_year": "2013"},
    ]
    folder = write_tables([CAR], labels=labels)
    with pytest.raises(SeedError, match="Testla Wagon 2013"):
        Builder(folder).build(folder)


def test_building_twice_gives_the_same_text(write_tables: Callable[..., Path]) -> None:
    folder = write_tables([CAR | {"epa": "Roader", "us": "Roader"}])
    assert Builder(folder).build(folder).text == Builder(folder).build(folder).text


def test_absent_tables_get_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There are no tables in"):
        call_command("build_catalog_seed", data=tmp_path / "nowhere")
    with pytest.raises(CommandError, match=r"classes\.csv can't be read"):
        call_command("build_catalog_seed", data=tmp_path)


# --- What rows mean -----------------------------------------------------------------------------------------
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


# --- The committed seed -------------------------------------------------------------------------------------
def test_the_seed_has_all_201_cars_under_the_slugs_of_their_labels() -> None:
    cars = files.variants()
    assert len(cars) == len({car.slug for car in cars}) == 201
    assert {"audi-a5-coupe-2012", "bentley-continental-supersports-conv-convertible-2012"} <= {
        car.slug for car in cars
    }
    assert {car.body_style for car in cars} <= set(BodyStyle.values)


def test_every_fact_of_the_seed_is_complete() -> None:
    slugs, known = {car.slug for car in files.variants()}, {row["slug"]: row for row in files.sources()}
    count, seen = 0, set()
    for line in files.facts():
        assert line["slug"] in slugs
        assert line["record"]
        assert known[line["source"]]["url"].startswith("https://")
        assert date.fromisoformat(known[line["source"]]["retrieved"]).year == 2026
        assert (line["source"] == "epa") == ("fueleconomy.gov" in line.get("url", ""))
        for fact in line["facts"]:
            count += 1
            fields = {name: value for name, value in fact.items() if name != "high"}
            Fact(**fields, high=fact.get("high", fact.get("low")))
            identity = line["slug"], line["source"], fact["key"]
            assert identity not in seen
            seen.add(identity)
            if fact["key"] == "fuel":
                assert set(fact["text"].split(SEPARATOR)) <= set(FUELS.values())
    assert count > 3000


def test_cars_that_no_table_is_about_stay_without_facts() -> None:
    epa_slugs = {line["slug"] for line in files.facts() if line["source"] == "epa"}
    heavy = {
        "dodge-ram-pickup-3500-crew-cab-2010",
        "hummer-h2-sut-crew-cab-2009",
        "nissan-nv-passenger-van-2012",
    }
    assert not heavy & epa_slugs
    assert len(epa_slugs) == 186


def test_keys_of_the_seed_are_in_the_vocabulary() -> None:
    keys = {fact["key"] for line in files.facts() for fact in line["facts"]}
    assert {"fuel", "power", "price", "doors", "consumption_combined"} <= keys <= set(SPECS)


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the source tables (../shared/data/specs) are not here")
def test_the_committed_seed_is_what_the_tables_give() -> None:
    assert Builder(DATA).build().text == (files.FOLDER / files.FACTS).read_text(encoding="utf-8")
