"""The official fuel-economy table: versions told apart, facts with their source, and a second load that changes nothing."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from catalog.models import Make, Spec, Variant
from scraper.models import ApprovalRule, StagedCar
from scraper.runs import epa
from tests.conftest import ROOT

TABLE = ROOT.parent / "shared" / "data" / "specs" / "epa_vehicles.csv.gz"
GOLF = {
    "make": "Volkswagen", "model": "Golf", "baseModel": "Golf", "year": "2015", "VClass": "Compact Cars", "displ": "1.8",
    "cylinders": "4", "drive": "Front-Wheel Drive", "trany": "Manual 5-spd", "fuelType": "Regular",
    "fuelType1": "Regular Gasoline", "tCharger": "T", "city08": "25", "highway08": "36", "comb08": "29",
    "co2TailpipeGpm": "306.4", "evMotor": "", "atvType": "", "sCharger": "", "combE": "0.0", "range": "0", "rangeA": "",
}  # fmt: skip


def write(path: Path, *rows: dict[str, str]) -> Path:
    """A table of these rows, each a Golf but for what it says."""
    full = [GOLF | {"id": str(number)} | row for number, row in enumerate(rows, start=1)]
    out = io.StringIO()
    table = csv.DictWriter(out, fieldnames=list(full[0]))
    table.writeheader()
    table.writerows(full)
    data = out.getvalue().encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def load(path: Path) -> None:
    call_command("load_epa", path, verbosity=0)


def names(path: Path) -> list[str]:
    return [f"{car.make} {car.model} | {car.trim} | {car.body_style}" for car in epa.cars(path)]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({}, "Volkswagen Golf | 1.8 l turbo 5-speed manual | unknown"),
        ({"trany": "Automatic (S6)"}, "Volkswagen Golf | 1.8 l turbo 6-speed automatic | unknown"),
        ({"trany": "Automatic (AM-S6)"}, "Volkswagen Golf | 1.8 l turbo 6-speed automated manual | unknown"),
        (
            {
                "make": "BMW",
                "baseModel": "3 Series",
                "model": "330ci Convertible",
                "displ": "3.0",
                "tCharger": "",
            },
            "BMW 3 Series | 330ci 3.0 l 5-speed manual | convertible",
        ),
        (
            {"baseModel": "Dakota Pickup", "model": "Dakota Pickup 4WD", "VClass": "Small Pickup Trucks"},
            "Volkswagen Dakota | 4WD 1.8 l turbo 5-speed manual | pickup",
        ),
        (
            {"model": "Golf SportWagen", "VClass": "Small Station Wagons", "atvType": "Diesel"},
            "Volkswagen Golf | SportWagen 1.8 l turbo diesel 5-speed manual | wagon",
        ),
        (
            {"model": "e-Golf", "displ": "NA", "tCharger": "", "atvType": "EV", "trany": "Automatic (A1)"},
            "Volkswagen Golf | e-Golf electric | unknown",
        ),
        (
            {"model": "Golf Hybrid", "tCharger": "", "atvType": "Hybrid", "trany": "Automatic (AV-S6)"},
            "Volkswagen Golf | Hybrid 1.8 l CVT | unknown",
        ),
    ],
)
def test_a_version_is_called_by_what_the_table_says_beside_the_model(
    tmp_path: Path, row: dict[str, str], name: str
) -> None:
    assert names(write(tmp_path / "t.csv", row)) == [name]


def test_rows_that_no_name_tells_apart_are_one_car_with_a_range(tmp_path: Path) -> None:
    (car,) = epa.cars(write(tmp_path / "t.csv", {"comb08": "29"}, {"comb08": "31"}))
    (value,) = [value for value in car.values if value.key == "consumption_combined"]
    assert value.low is not None
    assert value.high is not None
    assert (235.215 / (value.high * 1e8), 235.215 / (value.low * 1e8)) == pytest.approx((29, 31), rel=1e-5)
    assert car.url.endswith("id=1&id=2")


@pytest.mark.django_db
def test_the_table_is_published_with_its_source_and_a_second_load_changes_nothing(
    tmp_path: Path, client: Client
) -> None:
    path = write(tmp_path / "t.csv.gz", {}, {"year": "2016"}, {"trany": "Automatic (S6)"})
    load(path)
    assert Variant.objects.count() == 3
    assert not StagedCar.objects.pending().exists()
    variant = Variant.objects.get(year=2015, trim__contains="manual")
    page = client.get(variant.get_absolute_url()).content.decode()
    assert "Volkswagen Golf 1.8 l turbo 5-speed manual 2015" in page
    assert "US fuel economy table" in page
    assert "Find.do?action=sbs&amp;id=1" in page
    before = list(Spec.objects.order_by("pk").values())
    staged = list(StagedCar.objects.order_by("pk").values_list("pk", "digest", "status"))
    load(path)
    assert list(Spec.objects.order_by("pk").values()) == before
    assert list(StagedCar.objects.order_by("pk").values_list("pk", "digest", "status")) == staged


@pytest.mark.django_db
def test_a_new_edition_changes_what_changed_and_holds_what_jumps(tmp_path: Path) -> None:
    load(write(tmp_path / "t.csv", {}, {"year": "2016"}))
    load(write(tmp_path / "t.csv", {"comb08": "30"}, {"year": "2016", "comb08": "58"}))
    said = dict(Spec.objects.filter(key="consumption_combined").values_list("variant__year", "raw"))
    assert said == {2015: "comb08: 30", 2016: "comb08: 29"}
    held = StagedCar.objects.pending().get()
    assert list(held.held) == ["consumption_combined"]


@pytest.mark.django_db
def test_names_that_are_alike_are_not_mixed_up_with_the_catalogues(tmp_path: Path) -> None:
    make = Make.objects.create(name="VOLKSWAGEN", slug="volkswagen")
    model = make.models.create(name="golf", slug="golf")
    own = Variant.objects.create(model=model, year=2015, body_style="hatchback", slug="vw-golf-2015")
    load(write(tmp_path / "t.csv", {}))
    assert Variant.objects.filter(model=model).count() == 2
    assert not own.specs.exists()
    assert Make.objects.count() == 1


@pytest.mark.django_db
def test_staff_who_end_its_rule_are_obeyed(tmp_path: Path) -> None:
    epa.source_prepare()
    ApprovalRule.objects.update(is_active=False)
    load(write(tmp_path / "t.csv", {}))
    assert not Variant.objects.exists()
    assert StagedCar.objects.pending().count() == 1
    assert not ApprovalRule.objects.get().is_active


@pytest.mark.django_db
def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"\x1f\x8b not gzip")
    for path, words in (
        (other, "is not the table"),
        (broken, "can't be read"),
        (tmp_path / "no", "can't be read"),
    ):
        with pytest.raises(CommandError, match=words):
            load(path)
    assert not Variant.objects.exists()


@pytest.mark.data
@pytest.mark.skipif(not TABLE.exists(), reason=f"{TABLE} is absent")
def test_every_row_of_the_real_table_is_of_one_car(tmp_path: Path) -> None:
    cars = list(epa.cars(TABLE))
    assert len(cars) == len({car.record for car in cars}) > 45_000
    assert len({(car.make, car.model, car.trim, car.body_style, car.years) for car in cars}) == len(cars)
    assert all(car.values and len(car.trim) <= 80 and len(car.record) <= 200 for car in cars)
