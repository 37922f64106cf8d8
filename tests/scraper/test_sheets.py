"""Sheets: facts out and in again, the diff before anything is changed, and one change that can be undone."""

from __future__ import annotations

import csv
import html
import io
import re
import time
import zipfile
from typing import Any

import pytest
import tablib
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from catalog.models import Source, Spec, Variant
from catalog.specs.vocabulary import SPECS
from catalog.supply import CarName, cars_create
from scraper.models import CatalogChange
from scraper.staging.publish import change_undo
from scraper.staging.sheets import FactResource
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/admin/scraper/fact/"


@pytest.fixture
def audi(db: None) -> Variant:
    """A car with a power and a fuel."""
    (car,) = cars_create([CarName("Audi", "A5", body_style="coupe", year=2012)])
    source = Source.objects.create(slug="best", name="Best")
    fields = {"variant": car, "source": source, "retrieved": "2026-01-01"}
    Spec.objects.create(key="power", low=155e3, high=155e3, raw="=211 PS", **fields)
    Spec.objects.create(key="fuel", text="Petrol", raw="Benzin", **fields)
    return car


def out() -> list[dict[str, str]]:
    """The sheet, row by row."""
    return list(csv.DictReader(io.StringIO(FactResource().export(Spec.objects.order_by("key")).csv)))


def into(rows: list[dict[str, str]], *, dry_run: bool = False, user: User | None = None) -> Any:
    """Brings a sheet in."""
    sheet = tablib.Dataset()
    sheet.dict = rows
    return FactResource().import_data(sheet, dry_run=dry_run, user=user)


def facts() -> list[object]:
    return list(Spec.objects.order_by("pk").values())


def test_a_sheet_is_in_units_that_people_read(audi: Variant) -> None:
    fuel, power = out()
    assert (power["variant"], power["key"], power["low"], power["unit"]) == (audi.slug, "power", "155", "kW")
    assert (fuel["text"], fuel["low"], fuel["source"], fuel["retrieved"]) == (
        "Petrol",
        "",
        "best",
        "2026-01-01",
    )


def test_a_sheet_that_comes_back_as_it_went_changes_nothing(audi: Variant) -> None:
    before = facts()
    result = into(out())
    assert not result.has_errors()
    assert result.totals["skip"] == 2
    assert facts() == before
    assert not CatalogChange.objects.exists()


def test_what_was_changed_is_one_change_and_undone_as_one(audi: Variant, staff_user: User) -> None:
    before = facts()
    fuel, power = out()
    new = power | {"key": "torque", "low": "300", "high": "350", "unit": "lb ft", "raw": ""}
    into([fuel | {"text": "Diesel"}, power | {"low": "160", "high": "160"}, new], user=staff_user)
    torque = Spec.objects.get(key="torque")
    assert (torque.low, torque.high) == pytest.approx((406.745, 474.536), rel=1e-5)
    assert Spec.objects.get(key="power").low == 160e3
    change = CatalogChange.objects.get()
    assert (change.summary, change.actor, change.kind) == ("3 facts from a sheet", staff_user, "import")
    change_undo(change=change, actor=staff_user)
    assert facts() == before


def test_a_dry_run_changes_nothing(audi: Variant) -> None:
    before = facts()
    _, power = out()
    assert into([power | {"low": "1", "high": "1"}], dry_run=True).totals["update"] == 1
    assert facts() == before
    assert not CatalogChange.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"variant": "audi-a9"}, "There is no variant “audi-a9”"),
        ({"source": "nobody"}, "There is no source “nobody”"),
        ({"key": "beauty"}, "“beauty” is no kind of fact"),
        ({"unit": "horses"}, "“horses” is no unit of power. It is given in kW or hp"),
        ({"unit": "mm"}, "“mm” is no unit of power"),
        ({"low": "nan"}, "“nan” is no number"),
        ({"high": "1e999"}, "“1e999” is no number"),
        ({"low": "a lot"}, "“a lot” is no number"),
    ],
)
def test_what_makes_no_sense_is_said_in_words_and_nothing_is_changed(
    audi: Variant, wrong: dict[str, str], words: str
) -> None:
    before = facts()
    fuel, power = out()
    result = into([fuel | {"text": "Diesel"}, power | wrong])
    assert words in " ".join(str(error.error) for _, errors in result.row_errors() for error in errors)
    assert facts() == before


def test_the_diff_is_shown_before_anything_is_changed(
    client: Client, audi: Variant, staff_user: User
) -> None:
    client.force_login(staff_user)
    rows = [row | {"low": "160", "high": "160"} if row["key"] == "power" else row for row in out()]
    sheet = tablib.Dataset()
    sheet.dict = rows
    file = SimpleUploadedFile("facts.csv", sheet.csv.encode())
    page = client.post(f"{PAGE}import/", {"format": "0", "import_file": file}).content.decode()
    assert Spec.objects.get(key="power").low == 155e3
    changed = re.findall(r"1</span><del[^>]*>55</del><ins[^>]*>60</ins>(?!<span>)", page)
    assert len(changed) == 2, "both ends, in kW"
    confirmed = dict(
        re.findall(r'name="(import_file_name|original_file_name|format|resource)" value="([^"]*)"', page)
    )
    client.post(f"{PAGE}process_import/", confirmed, follow=True)
    assert Spec.objects.get(key="power").low == 160e3
    assert CatalogChange.objects.get().actor == staff_user


def test_nothing_in_a_sheet_is_a_formula(client: Client, audi: Variant, staff_user: User) -> None:
    client.force_login(staff_user)
    fields = {f"factresource_{name}": "on" for name in ("variant", "key", "raw")}
    answer = client.post(f"{PAGE}export/", {"format": "0", "resource": "0", **fields})
    assert answer.status_code == 200
    assert "'=211 PS" in answer.content.decode()


@pytest.mark.parametrize("said", ["=1+1", "==1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "plain"])
def test_words_that_would_be_formulas_go_out_tame_and_come_back_as_they_were(
    audi: Variant, said: str
) -> None:
    Spec.objects.filter(key="power").update(raw=said, note=said, record=said)
    before = facts()
    sheet = out()
    for row in sheet:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    assert not into(sheet).has_errors()
    assert facts() == before


def sent(client: Client, content: bytes, name: str = "facts.csv", kind: str = "0") -> str:
    """The page that answers to a file."""
    file = SimpleUploadedFile(name, content)
    answer = client.post(f"{PAGE}import/", {"format": kind, "import_file": file})
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]
)
def test_a_sheet_of_any_program_comes_in(
    client: Client, audi: Variant, staff_user: User, separator: str, encoding: str
) -> None:
    client.force_login(staff_user)
    _, power = out()
    power |= {"low": "160,5", "high": "160,5", "raw": f"Größe{separator} “é”"}
    text = io.StringIO(newline="")
    sheet = csv.DictWriter(text, list(power), delimiter=separator)
    sheet.writeheader()
    sheet.writerow(power)
    page = sent(client, text.getvalue().encode(encoding))
    assert "errorlist" not in page
    confirmed = dict(
        re.findall(r'name="(import_file_name|original_file_name|format|resource)" value="([^"]*)"', page)
    )
    client.post(f"{PAGE}process_import/", confirmed, follow=True)
    fact = Spec.objects.get(key="power")
    assert (fact.low, fact.raw) == (160.5e3, power["raw"])


def test_a_figure_that_means_two_things_is_asked_about(audi: Variant) -> None:
    _, power = out()
    result = into([power | {"low": "1,585", "high": "1,585"}])
    assert "without a sign of thousands" in str(result.row_errors()[0][1][0].error)


def test_two_lines_about_one_fact_are_said(audi: Variant) -> None:
    _, power = out()
    result = into([power | {"low": "150"}, power | {"low": "151"}])
    assert "Line 2 is about the same fact" in str(result.row_errors()[0][1][0].error)
    assert Spec.objects.get(key="power").low == 155e3


def test_a_full_sheet_takes_seconds_and_few_queries(db: None, django_assert_max_num_queries: Any) -> None:
    cars = cars_create([CarName("Audi", f"A{n}", body_style="coupe", year=2012) for n in range(300)])
    source = Source.objects.create(slug="best", name="Best")
    keys = [kind.key for kind in SPECS.values() if kind.kind == "number"][:10]
    common = {"source": source, "retrieved": "2026-01-01"}
    Spec.objects.bulk_create(
        Spec(variant=car, key=key, low=9.0, high=9.0, **common) for car in cars for key in keys[:5]
    )
    names = HEADERS.split(",")
    rows = [
        dict.fromkeys(names, "") | {"variant": car.slug, "key": key, "low": "2", "source": "best"}
        | {"retrieved": "2026-01-02"}
        for car in cars for key in keys
    ]  # fmt: skip
    before = time.process_time()
    with django_assert_max_num_queries(120):
        result = into(rows)
    assert not result.has_errors()
    assert not result.invalid_rows
    assert (result.totals["new"], result.totals["update"]) == (1500, 1500)
    assert time.process_time() - before < 20
    assert Spec.objects.filter(retrieved="2026-01-02").count() == 3000


def test_a_sheet_that_is_too_long_is_refused_at_once(audi: Variant) -> None:
    before = time.process_time()
    result = into([out()[1]] * 3001)
    assert "3,001 rows; 3,000 fit" in str(result.base_errors[0].error)
    assert result.rows == []
    assert time.process_time() - before < 2


HEADERS = "variant,key,low,high,unit,text,currency,source,source_url,retrieved,record,raw,note"


@pytest.mark.parametrize(
    ("content", "name", "kind", "words"),
    [
        (b"", "facts.csv", "0", "empty"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "facts.csv", "0", "This file can't be read"),
        (b"PK\x03\x04\x00 no sheet", "facts.csv", "0", "This file can't be read"),
        ("variant,key\nä,ö".encode("latin-1"), "facts.csv", "0", "The sheet has no column source, retrieved"),
        (
            b"variant,key,source,retrieved\na,b,c,d,e",
            "facts.csv",
            "0",
            "Line 2 has more cells than there are",
        ),
        (b"PK\x03\x04 no sheet", "facts.xlsx", "1", "This file can't be read"),
        (b"PK\x05\x06" + b"\xff" * 18, "facts.xlsx", "1", "This file can't be read"),
        (b"a,b\n1,2", "facts.csv", "0", "The sheet has no column variant, key, source, retrieved"),
        (HEADERS.encode() + b"\n" + b"x,power\n" * 3001, "facts.csv", "0", "more than 3,000 rows; 3,000 fit"),
        (b"x" * (5 * 2**20 + 1), "facts.csv", "0", "larger than 5 MB"),
        (b'variant,key\n"a', "facts.csv", "0", "The sheet has no column"),
        (b'variant,key\n"' + b"a" * 200_000, "facts.csv", "0", "A cell of this file never ends"),
    ],
    ids=[
        "empty",
        "half a character",
        "a workbook that is called CSV",
        "latin-1",
        "a cell too many",
        "no workbook",
        "a list of no parts",
        "other columns",
        "too long",
        "too large",
        "cut off",
        "a cell without end",
    ],
)
def test_a_file_that_is_no_sheet_is_refused_in_words(
    client: Client, audi: Variant, staff_user: User, content: bytes, name: str, kind: str, words: str
) -> None:
    before = facts()
    client.force_login(staff_user)
    page = sent(client, content, name, kind)
    assert words in page
    assert "Traceback" not in page
    assert facts() == before


def test_a_line_that_makes_no_sense_is_named_on_the_page(
    client: Client, audi: Variant, staff_user: User
) -> None:
    client.force_login(staff_user)
    rows = out()
    rows[1]["key"] = "<b>strength</b>"
    sheet = tablib.Dataset()
    sheet.dict = rows
    page = sent(client, sheet.export("csv").encode())
    assert "Line 3: " in page  # as a spreadsheet counts, the names of the columns being the first
    assert "Traceback" not in page
    assert (
        "<b>strength"
        not in client.post(
            f"{PAGE}import/",
            {"format": "0", "import_file": SimpleUploadedFile("a.csv", sheet.export("csv").encode())},
        ).content.decode()
    )


def test_a_workbook_that_unpacks_into_a_heap_is_refused_unread(
    client: Client, audi: Variant, staff_user: User
) -> None:
    client.force_login(staff_user)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (101 * 2**20))
    assert len(file.getvalue()) < 2**20
    assert "larger than 100 MB" in sent(client, file.getvalue(), "facts.xlsx", "1")


def test_a_workbook_comes_in_as_well(client: Client, audi: Variant, staff_user: User) -> None:
    client.force_login(staff_user)
    sheet = tablib.Dataset()
    sheet.dict = [row | {"low": "160", "high": "160"} for row in out() if row["key"] == "power"]
    page = sent(client, sheet.export("xlsx"), "facts.xlsx", "1")
    assert len(re.findall(r"<ins[^>]*>60</ins>", page)) == 2


def test_more_facts_than_a_sheet_holds_are_narrowed_first(
    client: Client, audi: Variant, staff_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.admin.sheets.MOST_ROWS_OUT", 1)
    client.force_login(staff_user)
    answer = client.get(f"{PAGE}export/", follow=True)
    assert "There are 2 facts here; a sheet holds up to 1" in answer.content.decode()
    assert client.get(f"{PAGE}export/?key__exact=power").status_code == 200


def test_only_who_may_curate_brings_sheets_in(
    client: Client, audi: Variant, django_user_model: type[User]
) -> None:
    clerk = django_user_model.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_fact"))
    client.force_login(clerk)
    assert client.get(PAGE).status_code == 200
    assert client.get(f"{PAGE}import/").status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="curate_stagedcar"))
    assert client.get(f"{PAGE}import/").status_code == 200
