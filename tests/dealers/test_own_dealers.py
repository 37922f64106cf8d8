"""Dealers of one's own come from the table that somebody keeps, whatever program wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Make
from dealers.models import City, Dealer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places() -> None:
    City.objects.create(
        name="Munich",
        region="Bavaria",
        country="DE",
        latitude=48.1,
        longitude=11.6,
        population=1_500_000,
        aliases="München;Muenchen",
    )
    for region in ("Illinois", "Massachusetts"):
        City.objects.create(name="Springfield", region=region, country="US", latitude=40.0, longitude=-80.0)
    for name in ("Audi", "Mercedes-Benz", "Škoda"):
        Make.objects.create(name=name, slug=name.lower().replace("š", "s"))


def load(tmp_path: Path, text: str, *, encoding: str = "utf-8", **options: object) -> None:
    file = tmp_path / "dealers.csv"
    file.write_bytes(text.encode(encoding))
    call_command("load_dealers", file, **options)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
def test_a_table_with_semicolons_from_a_german_excel(tmp_path: Path, encoding: str) -> None:
    text = "Name;E-Mail;City;Country;Phone;Makes;Latitude;Longitude\r\nAutohaus Grün;info@gruen.example;München;de;+49 89 1234567;Audi, Mercedes Benz;48,2;11,5\r\n"
    load(tmp_path, text, encoding=encoding)
    dealer = Dealer.objects.get(name="Autohaus Grün")
    assert (dealer.city.name, dealer.latitude, dealer.longitude) == ("Munich", 48.2, 11.5)
    assert {make.name for make in dealer.makes.all()} == {"Audi", "Mercedes-Benz"}
    assert dealer.is_active
    assert not dealer.is_demo


def test_the_same_table_again_brings_up_to_date_and_makes_none_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = "name,email,city,country,makes,active\nA,a@example.org,Munich,DE,*,yes\n"
    load(tmp_path, table)
    Dealer.objects.update(phone="+49 89 1234567", street="Kept 1")
    load(tmp_path, table.replace("a@", "b@").replace("yes", "no") + "B,b@example.org,Munich,DE,skoda;lada,\n")
    first = Dealer.objects.get(name="A")
    assert (first.email, first.is_active, first.street) == ("b@example.org", False, "Kept 1")
    assert first.makes.count() == 3
    assert [make.name for make in Dealer.objects.get(name="B").makes.all()] == ["Škoda"]
    said = capsys.readouterr()
    assert "1 dealers new, 1 brought up to date" in said.out
    assert "lacks these makes: lada" in said.err


def test_a_dry_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(tmp_path, "name,email,city,country\nA,a@example.org,Munich,DE\n", dry_run=True)
    assert not Dealer.objects.exists()
    assert "1 dealers would be new" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("A,no address,Munich,DE,", "line 3: email"),
        ("A,a@example.org,Atlantis,DE,", "line 3: the city Atlantis, DE is not known"),
        (
            "A,a@example.org,Springfield,US,",
            "several Springfield in US: say which region (",
        ),
        ("A,a@example.org,Munich,DE,north", "line 3: could not convert"),
        ("A,a@example.org,Munich,DE,nan", "line 3: latitude is no number"),
        ("A,a@example.org,Munich,DE,91", "line 3"),
        (",a@example.org,Munich,DE,", "line 3: "),
        ("First,a@example.org,Munich,DE,", "another line is the same dealer"),
    ],
)
def test_one_wrong_line_changes_nothing_and_is_named(tmp_path: Path, rows: str, said: str) -> None:
    table = f"name,email,city,country,latitude\nFirst,f@example.org,Munich,DE,48\n{rows}\n"
    with pytest.raises(CommandError) as refusal:
        load(tmp_path, table)
    assert said in str(refusal.value)
    assert "Nothing was changed" in str(refusal.value)
    assert not Dealer.objects.exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "no rows"),
        ("name,email\nA,b\n", "columns city, country are missing"),
        ("name,email,city,country,fax\nA,b,c,d,e\n", "not known: fax"),
    ],
)
def test_a_table_of_another_form_is_told_the_columns(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        load(tmp_path, table)


def test_a_site_without_dealers_is_told_how_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_dealers")
    assert "load_dealers FILE.csv" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read: No such file"):
        call_command("load_dealers", tmp_path / "nowhere.csv")
