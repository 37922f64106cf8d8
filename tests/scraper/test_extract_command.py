"""`manage.py extract`: one line a file for programs, a page of lines for people, clear words for files that can't be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scraper.reading.extract import reasons
from tests.scraper.pages import PAGES

ROOT = Path(__file__).resolve().parents[2]
SAVED = ROOT.parent / "shared" / "data" / "pages"
TOP = (
    "make",
    "model",
    "year",
    "price",
    "currency",
    "mileage",
    "fuel",
    "transmission",
    "power",
    "displacement",
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    (tmp_path / "car.html").write_text(PAGES["table, Dutch"][1])
    (tmp_path / "list.html").write_text(PAGES["list of adverts"][1])
    return tmp_path


def test_json_is_one_line_a_file_with_the_facts_on_top(saved: Path, capsys: pytest.CaptureFixture):
    call_command(
        "extract",
        str(saved / "car.html"),
        str(saved / "list.html"),
        url="https://autos.example.nl/1",
        json=True,
    )
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    (item,) = first["items"]
    assert set(TOP) <= set(item)
    assert item["power"] == {"value": 70, "unit": "kW", "raw": "70 kW (95 pk)"}
    assert item["price"] == {"value": 13950, "unit": "EUR", "raw": "€ 13.950,-"}
    assert first["url"] == "https://autos.example.nl/1"
    assert (second["file"], second["items"], second["reason"]) == (
        str(saved / "list.html"),
        [],
        reasons.SEVERAL,
    )


def test_people_read_values_beside_the_words_they_come_from(saved: Path, capsys: pytest.CaptureFixture):
    call_command(
        "extract", str(saved / "car.html"), str(saved / "list.html"), url="https://autos.example.nl/1"
    )
    out = capsys.readouterr().out
    assert "70 kW" in out
    assert "'70 kW (95 pk)'" in out
    assert f"no car: {reasons.SEVERAL}" in out


def test_a_file_that_cannot_be_read_is_named_after_the_others_are_done(
    saved: Path, capsys: pytest.CaptureFixture
):
    with pytest.raises(CommandError, match="1 of 2 files"):
        call_command("extract", str(saved / "none.html"), str(saved / "car.html"), json=True)
    caught = capsys.readouterr()
    assert "none.html: can't be read (No such file or directory)." in caught.err
    assert [json.loads(line)["file"] for line in caught.out.splitlines()] == [str(saved / "car.html")]


def test_the_exit_code_tells_too(saved: Path, tmp_path: Path):
    env = os.environ | {"DEBUG": "1", "VAR_DIR": str(tmp_path / "var")}
    command = [sys.executable, "manage.py", "extract", str(saved), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "can't be read (Is a directory)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.data
@pytest.mark.skipif(not SAVED.exists(), reason="../shared/data/pages is not there")
def test_pages_that_others_recorded_are_read_as_a_person_reads_them(capsys: pytest.CaptureFixture):
    names = {
        "carwow.co.uk/subaru-outback-details.html": {"make": "Subaru", "model": "Outback", "year": 2017, "price": 11935, "currency": "GBP", "mileage": 112220, "fuel": "Diesel", "transmission": "Automatic", "power": 111.9, "displacement": 2},
        "en.wikipedia.org/bmw-7-series-e38_oldid600760906.html": {"make": "BMW", "model": "7-Series", "year": [1994, 2001], "fuel": "Petrol; Diesel", "displacement": [2.5, 5.4], "body_style": "sedan", "drive": "Rear-wheel", "width": 1862},
        "en.wikipedia.org/nissan-sr20det_oldid597369975.html": reasons.NO_CAR,
        "autotrader.co.uk/js-shell_2015-mini-hatch.html": reasons.SHELL,
        "autotrader.com/porsche_718-boxster_2011-2015.html": reasons.NOTHING,
        "carwale.com/new-cars.html": reasons.SEVERAL,
        "ford.ro/noul_kuga_prezentare_generala.html": reasons.NO_FACTS,
        "ford.ro/noul_mustang_caracteristici.php": reasons.NO_CAR,
    }  # fmt: skip
    call_command("extract", *(str(SAVED / name) for name in names), json=True)
    for line, expected in zip(capsys.readouterr().out.splitlines(), names.values(), strict=True):
        found = json.loads(line)
        if isinstance(expected, str):
            assert (found["items"], found["reason"]) == ([], expected), found["file"]
        else:
            (item,) = found["items"]
            assert {key: item[key]["value"] for key in expected} == expected, found["file"]


def test_reading_pages_needs_no_django():
    script = "import sys; import scraper.reading.report; print([name for name in sys.modules if name.split('.')[0] in ('django', 'celery', 'catalog')])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
