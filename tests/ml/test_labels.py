"""Class names are taken apart; tests/catalog/test_slugs.py holds their slugs and the catalogue's together."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.text import slug
from ml.bundle.bundle import Label
from ml.bundle.labels import label_table, parse_label
from ml.exceptions import DataError
from tests.ml.conftest import DATA


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("AM General Hummer SUV 2000", ("AM General", "Hummer", "SUV", 2000)),
        ("Audi A5 Coupe 2012", ("Audi", "A5", "Coupe", 2012)),
        ("Ford F-150 Regular Cab 2007", ("Ford", "F-150", "Regular Cab", 2007)),
        ("Land Rover Range Rover SUV 2012", ("Land Rover", "Range Rover", "SUV", 2012)),
        ("Chevrolet Express Cargo Van 2007", ("Chevrolet", "Express", "Cargo Van", 2007)),
        ("Dodge Caravan Minivan 1997", ("Dodge", "Caravan", "Minivan", 1997)),
        ("BMW M5 2008", ("BMW", "M5", "", 2008)),
        ("Maruti Suzuki Swift", ("Maruti Suzuki", "Swift", "", None)),
        ("Audi 100 Wagon 1994", ("Audi", "100", "Wagon", 1994)),
        ("Tesla", ("Tesla", "", "", None)),
    ],
)
def test_label_is_taken_apart(label: str, parts: tuple) -> None:
    assert parse_label(label) == Label(label, slug(label), *parts)


def test_table_of_classes_goes_before_guessing(tmp_path: Path) -> None:
    table = tmp_path / "classes.csv"
    table.write_text(
        "label,make,model,body_style,model_year\n"
        "Ram C/V Van 2012,Ram,C/V Cargo Van,Minivan,2012\n"
        "BMW Isetta,BMW,Isetta,,\n"
    )
    first, second, third = label_table(["Ram C/V Van 2012", "BMW Isetta", "Audi A5 Coupe 2012"], table)
    assert (first.model, first.body_style, first.year) == ("C/V Cargo Van", "Minivan", 2012)
    assert second.year is None
    assert third == parse_label("Audi A5 Coupe 2012")


def test_missing_or_odd_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no table of classes"):
        label_table(["Audi A5"], tmp_path / "none.csv")
    (tmp_path / "odd.csv").write_text("name\nAudi\n")
    with pytest.raises(DataError, match="should have the columns label, make"):
        label_table(["Audi A5"], tmp_path / "odd.csv")


@pytest.mark.data
def test_makes_of_all_real_labels_are_found_without_a_table() -> None:
    table = DATA / "specs" / "classes.csv"
    if not table.exists():
        pytest.skip("../shared/data is absent, so there are no real class names to take apart")
    with table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 190
    for row in rows:
        parsed = parse_label(row["label"])
        assert (parsed.make, parsed.year or "") == (
            row["make"],
            int(row["model_year"]) if row["model_year"] else "",
        )
