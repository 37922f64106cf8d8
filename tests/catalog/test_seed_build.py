"""Building the seed: it says only what its sources say, and says where."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.exceptions import SeedError
from catalog.seed import files, india, tables
from catalog.seed.build import Builder
from tests.catalog.seed_rows import EPA, FEATURES, INDIA

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
