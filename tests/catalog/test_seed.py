"""The committed seed is complete, speaks our vocabulary, and is what its tables give."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from catalog.choices import BodyStyle
from catalog.seed import files
from catalog.seed.build import Builder
from catalog.seed.facts import Fact
from catalog.specs.vocabulary import FUELS, SEPARATOR, SPECS

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "specs"


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
