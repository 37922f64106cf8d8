"""The queue: what it opens on, what one sees of a car, what each button does, and who may press it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from catalog.models import OldAddress, Source, Spec, Variant
from scraper.models import ApprovalRule, CatalogChange, StagedCar
from scraper.staging import curate
from scraper.staging.publish import staged_publish
from scraper.staging.stage import cars_stage
from tests.conftest import PASSWORD
from tests.scraper.supply import car, value

pytestmark = pytest.mark.django_db
QUEUE = "/admin/scraper/stagedcar/"


@pytest.fixture
def curator(client: Client, staff_user: User) -> Client:
    """A browser in which staff are signed in who may decide."""
    client.force_login(staff_user)
    return client


@pytest.fixture
def rows(db: None) -> list[StagedCar]:
    """Three cars that wait, the oldest first: a new one, one without a year, one that another source denies."""
    cars_stage(source="best", cars=[car("Audi", "A8", 2012, value("power", 100e3), body_style="sedan")])
    for row in StagedCar.objects.all():
        staged_publish(staged=row, actor=None)
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 100e3), value("torque", 200))])
    cars_stage(source="site", cars=[car("Audi", "A8", None, value("mass", 1500))])
    cars_stage(source="other", cars=[car("Audi", "A8", 2012, value("power", 150e3), body_style="sedan")])
    found = list(StagedCar.objects.pending())
    for age, row in enumerate(reversed(found)):
        StagedCar.objects.filter(pk=row.pk).update(created=timezone.now() - timedelta(days=age))
    return found


def page(client: Client, url: str, **data: object) -> str:
    """The page that an address leads to, or what sending something leads to."""
    answer = client.post(url, data, follow=True) if data else client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def act(client: Client, action: str, *rows: StagedCar, **data: object) -> str:
    """Run an action on rows of the queue."""
    return page(client, QUEUE, action=action, _selected_action=[row.pk for row in rows], **data)


def fresh(row: StagedCar) -> StagedCar:
    return type(row).objects.get(pk=row.pk)


# --- The queue ------------------------------------------------------------------------------------------------
def test_the_queue_opens_on_what_waits_the_oldest_first(curator: Client, rows: list[StagedCar]) -> None:
    html = page(curator, QUEUE)
    places = [html.index(f"/admin/scraper/stagedcar/{row.pk}/") for row in rows]
    assert places == sorted(places)
    approved = StagedCar.objects.get(status="approved")
    assert f"/admin/scraper/stagedcar/{approved.pk}/" not in html
    assert f"/admin/scraper/stagedcar/{approved.pk}/" in page(curator, f"{QUEUE}?state=all")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=conflict", [2]),
        ("fact=torque", [0]),
        ("fact=mass", [1]),
        ("match=person", [1]),
        ("make=Audi", [0, 1, 2]),
        ("make=BMW", []),
        ("q=A5", [0]),
    ],
)
def test_the_queue_is_narrowed(curator: Client, rows: list[StagedCar], query: str, shown: list[int]) -> None:
    html = page(curator, f"{QUEUE}?{query}")
    assert [at for at, row in enumerate(rows) if f"/admin/scraper/stagedcar/{row.pk}/change" in html] == shown


def test_the_queue_is_narrowed_to_a_source(curator: Client, rows: list[StagedCar]) -> None:
    source = Source.objects.get(slug="other")
    html = page(curator, f"{QUEUE}?source__id__exact={source.pk}")
    assert [f"/stagedcar/{row.pk}/change" in html for row in rows] == [False, False, True]


def test_the_queue_costs_the_same_however_long_it_is(
    curator: Client, rows: list[StagedCar], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    cars_stage(
        source="site", cars=[car("Audi", f"Q{number}", 2012, value("power", 1e5)) for number in range(40)]
    )
    with django_assert_max_num_queries(14):
        page(curator, QUEUE)


def test_many_are_published_at_once_less_what_is_held(curator: Client, rows: list[StagedCar]) -> None:
    html = act(curator, "approve", *rows)
    assert "1 car was published." in html
    assert [fresh(row).status for row in rows] == ["approved", "new", "conflict"]
    assert "Say first which car" in html
    assert Spec.objects.filter(variant__model__name="A5").count() == 2


def test_a_car_of_which_all_is_held_is_not_published_bare(curator: Client, rows: list[StagedCar]) -> None:
    cars_stage(source="site", cars=[car("Audi", "A9", 2012, value("price", 9000, currency="EUR"))])
    row = StagedCar.objects.get(model="A9")
    assert "Everything that its source says is held" in act(curator, "approve", row)
    assert fresh(row).status == "new"
    assert not Variant.objects.filter(model__name="A9").exists()


def test_many_are_rejected_only_with_a_reason(curator: Client, rows: list[StagedCar]) -> None:
    html = act(curator, "reject", *rows[:2])
    assert "Why do you reject these cars?" in html
    assert StagedCar.objects.filter(status="rejected").count() == 0
    act(curator, "reject", *rows[:2], reason="Scale models", asked="1")
    assert [fresh(row).reason for row in rows] == ["Scale models", "Scale models", ""]


# --- One car --------------------------------------------------------------------------------------------------
def test_a_cars_page_shows_new_beside_old_and_other_sources(
    curator: Client, rows: list[StagedCar], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(16):
        html = page(curator, rows[2].get_absolute_url())
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())  # one kind of space
    assert "150 kW" in text
    assert "100 kW Best" in text
    assert "differs by 50 %" in text
    assert "power as written" in text


def test_what_a_source_says_is_escaped(curator: Client) -> None:
    evil = value("fuel", text="<script>alert(1)</script>", raw="<img src=x onerror=alert(2)>")
    cars_stage(source="site", cars=[car("<b>Audi</b>", "A5", 2012, evil, url="javascript:alert(3)")])
    row = StagedCar.objects.get()
    for html in (page(curator, QUEUE), page(curator, row.get_absolute_url())):
        assert "&lt;b&gt;Audi" in html
        for bad in ("<b>Audi", "<script>alert(1)", "<img src=x", "javascript:alert"):
            assert bad not in html


def test_ticked_facts_are_published_and_the_next_car_follows(curator: Client, rows: list[StagedCar]) -> None:
    html = page(curator, rows[0].get_absolute_url(), publish="1", fact=["power"])
    assert fresh(rows[0]).keys == ["torque"]
    html = page(curator, rows[0].get_absolute_url(), publish="1", fact=["torque"])
    assert fresh(rows[0]).status == "approved"
    assert re.search(rf"<h1>{rows[1]}\s", html)


def test_a_change_is_undone_on_the_cars_page(curator: Client, rows: list[StagedCar]) -> None:
    page(curator, rows[0].get_absolute_url(), publish="1", fact=["power", "torque"])
    change = CatalogChange.objects.first()
    html = page(curator, rows[0].get_absolute_url(), undo=change.pk)
    assert "Undone:" in html
    assert not Variant.objects.filter(model__name="A5").exists()
    assert fresh(rows[0]).is_pending
    foreign = CatalogChange.objects.last()
    assert curator.post(rows[0].get_absolute_url(), {"undo": foreign.pk}).status_code == 404


def test_a_person_says_which_car_it_is(curator: Client, rows: list[StagedCar]) -> None:
    target = Variant.objects.get(model__name="A8")
    assert str(target) in page(curator, rows[1].get_absolute_url())
    page(curator, rows[1].get_absolute_url(), map="", car=f"https://testserver{target.get_absolute_url()}")
    row = fresh(rows[1])
    assert (row.variant, row.match) == (target, "mapped")
    html = page(curator, row.get_absolute_url(), map="", car="no such car at all")
    assert "The catalogue has no such car" in html


def test_a_typed_correction_is_in_the_units_that_people_read(curator: Client, rows: list[StagedCar]) -> None:
    row = rows[0]
    names = {"make": "Audi", "model": "A5", "trim": "RS", "body_style": "coupe"}
    years = {"first_year": 2012, "last_year": 2012}
    figures = {"power-low": "110", "power-high": "120", "torque-low": "200", "torque-high": "200"}
    page(curator, row.get_absolute_url(), correct="1", **names, **years, **figures)
    row = fresh(row)
    assert (row.trim, row.body_style) == ("RS", "coupe")
    said = {one["key"]: one for one in row.values}
    assert (said["power"]["low"], said["power"]["high"]) == (110e3, 120e3)
    assert said["power"]["raw"] == "power as written"
    assert "note" not in said["torque"]
    html = page(
        curator, row.get_absolute_url(), correct="1", **names, first_year=2012, last_year=2010, **figures
    )
    assert "the first one first" in html
    assert fresh(row).last_year == 2012


def test_a_second_curator_sees_who_has_it_open(
    curator: Client, rows: list[StagedCar], django_user_model: type[User]
) -> None:
    ben = django_user_model.objects.create_superuser("ben@example.org", PASSWORD)
    page(curator, rows[0].get_absolute_url())
    other = Client()
    other.force_login(ben)
    assert "staff@example.org has this car open" in page(other, rows[0].get_absolute_url())
    assert "has this car open" not in page(curator, rows[0].get_absolute_url())


def test_history_is_on_the_page(curator: Client, rows: list[StagedCar]) -> None:
    page(curator, rows[0].get_absolute_url(), reject="1", reason="a scale model")
    html = page(curator, rows[0].get_absolute_url())
    assert re.search(r"staff@example.org: Rejected: a scale model", html)


# --- Who may --------------------------------------------------------------------------------------------------
def test_only_who_may_curate_decides(
    client: Client, rows: list[StagedCar], django_user_model: type[User]
) -> None:
    clerk = django_user_model.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    client.force_login(clerk)
    assert client.get(QUEUE).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_stagedcar"))
    html = page(client, rows[0].get_absolute_url())
    assert "Audi A5" in html
    assert 'name="publish"' not in html
    assert client.post(rows[0].get_absolute_url(), {"publish": "1", "fact": ["power"]}).status_code == 403
    assert client.get(reverse("admin:scraper_catalogchange_merge")).status_code == 403
    client.post(QUEUE, {"action": "approve", "_selected_action": [rows[0].pk]})
    assert fresh(rows[0]).status == "new"
    clerk.user_permissions.add(Permission.objects.get(codename="curate_stagedcar"))
    page(client, rows[0].get_absolute_url(), publish="1", fact=["power"])
    assert Spec.objects.filter(variant__model__name="A5").exists()


def test_nothing_ticked_publishes_nothing(curator: Client, rows: list[StagedCar]) -> None:
    assert "Select the facts" in page(curator, rows[0].get_absolute_url(), publish="1")
    assert fresh(rows[0]).status == "new"
    assert not Variant.objects.filter(model__name="A5").exists()


def test_enter_in_a_line_presses_the_button_that_belongs_to_it(
    curator: Client, rows: list[StagedCar]
) -> None:
    html = page(curator, rows[1].get_absolute_url())
    for line, button in (('name="reason"', 'name="reject"'), ('name="car"', 'name="map" value=""')):
        (form,) = [form for form in re.findall(r"<form.*?</form>", html, re.DOTALL) if line in form]
        assert button in re.findall(r"<button[^>]*>", form)[0]


def test_a_curator_sees_why_a_used_cars_price_is_not_on_offer(curator: Client, rows: list[StagedCar]) -> None:
    said = (value("price", 9000, currency="EUR", raw="€ 9.000"), value("mileage", 90e6, raw="90.000 km"))
    cars_stage(source="site", cars=[car("Audi", "A9", 2012, *said)])
    html = page(curator, StagedCar.objects.get(model="A9").get_absolute_url())
    assert "€ 9.000" in html
    assert "asked for a used car" in html
    assert 'value="price"' not in html


def test_cars_of_another_body_are_not_taken_for_one_car(curator: Client, rows: list[StagedCar]) -> None:
    keep = Variant.objects.get()
    for cab in ("Extended Cab", "Regular Cab"):
        Variant.objects.create(
            model=keep.model, year=2014, body_detail=cab, slug=cab.lower().replace(" ", "-")
        )
    assert "gone=regular-cab" not in page(curator, reverse("admin:scraper_catalogchange_merge"))


# --- Merging and rules ----------------------------------------------------------------------------------------
def test_duplicates_are_found_shown_merged_and_parted_again(curator: Client, rows: list[StagedCar]) -> None:
    keep = Variant.objects.get()
    gone = Variant.objects.create(model=keep.model, year=2012, body_style="sedan", slug="audi-a8-again")
    address = reverse("admin:scraper_catalogchange_merge")
    assert f"?keep={keep.slug}&amp;gone=audi-a8-again" in page(curator, address)
    both = page(curator, f"{address}?keep={keep.slug}&gone=audi-a8-again")
    assert "Merge them" in both
    old = gone.get_absolute_url()
    page(curator, address, keep=keep.slug, gone=gone.slug)
    assert curator.get(old).status_code == 301
    change = CatalogChange.objects.get(kind="merge")
    page(curator, "/admin/scraper/catalogchange/", action="undo", _selected_action=[change.pk])
    assert not OldAddress.objects.exists()
    assert curator.get(old).status_code == 200


def test_a_name_that_fits_several_cars_is_asked_for_again(curator: Client, rows: list[StagedCar]) -> None:
    keep = Variant.objects.get()
    Variant.objects.create(model=keep.model, year=2013, body_style="sedan", slug="audi-a8-2013")
    address = reverse("admin:scraper_catalogchange_merge")
    assert "Several cars have this name" in page(curator, f"{address}?keep=Audi+A8&gone=audi-a8-2013")


def test_a_car_is_not_merged_with_itself(curator: Client, rows: list[StagedCar]) -> None:
    slug = Variant.objects.get().slug
    address = reverse("admin:scraper_catalogchange_merge")
    assert "This is the same car" in page(curator, f"{address}?keep={slug}&gone={slug}")
    assert "This is the same car" in page(curator, address, keep=slug, gone=slug)
    assert Variant.objects.count() == 1
    assert not CatalogChange.objects.filter(kind="merge").exists()


def test_what_another_curator_has_rejected_meanwhile_is_not_published(
    curator: Client, rows: list[StagedCar], django_user_model: type[User]
) -> None:
    other = django_user_model.objects.create_superuser("other@example.org", "x")
    curate.staged_reject(staged=rows[0], actor=other, reason="No car")
    html = page(curator, rows[0].get_absolute_url(), publish="1", fact=["power"])
    assert "Meanwhile it is rejected. Nothing was changed." in html
    for action in ("approve", "reject"):
        assert "1 of the selected cars was decided on by someone else" in act(curator, action, rows[0])
    assert not Variant.objects.filter(model__name="A5").exists()


def test_bounds_of_a_rule_need_a_figure(curator: Client, rows: list[StagedCar]) -> None:
    address = "/admin/scraper/approvalrule/add/"
    source = Source.objects.get(slug="site").pk
    assert "Only a fact with a number" in page(
        curator, address, source=source, key="", low=1, max_change=0.1, is_active="on"
    )
    asked = {"source": source, "key": "power", "max_change": 0.1, "is_active": "on"}
    assert "must not be below the lower one" in page(curator, address, **asked, low=500, high=10)
    assert not ApprovalRule.objects.exists()


def test_a_rule_can_be_read_by_who_may_not_change_it(
    client: Client, rows: list[StagedCar], django_user_model: type[User]
) -> None:
    rule = ApprovalRule.objects.create(source=Source.objects.get(slug="site"), key="power", low=1e4, high=1e6)
    clerk = django_user_model.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_approvalrule"))
    client.force_login(clerk)
    assert "power" in page(client, f"/admin/scraper/approvalrule/{rule.pk}/change/").lower()


@pytest.mark.parametrize(
    ("key", "typed", "kept", "words"),
    [
        ("power", ("10", "1000"), (1e4, 1e6), "10–1000 kW"),  # W
        ("consumption_city", ("3.5", ""), (3.5e-8, None), "from 3.5 l/100 km"),  # m3/m
        ("length", ("", "6000"), (None, 6.0), "to 6000 mm"),  # m
        ("seats", ("1", "9"), (1, 9), "1–9"),
    ],
)
def test_bounds_are_written_and_read_in_the_units_that_pages_show(
    curator: Client, rows: list[StagedCar], key: str, typed: Any, kept: Any, words: str
) -> None:
    asked = {"key": key, "low": typed[0], "high": typed[1], "max_change": 0.1, "is_active": "on"}
    page(curator, "/admin/scraper/approvalrule/add/", source=Source.objects.get(slug="site").pk, **asked)
    rule = ApprovalRule.objects.get()
    assert [rule.low is None, rule.high is None] == [end is None for end in kept]
    assert [end for end in (rule.low, rule.high) if end is not None] == pytest.approx(
        [end for end in kept if end is not None]
    )
    assert words in page(curator, "/admin/scraper/approvalrule/")
    again = page(curator, f"/admin/scraper/approvalrule/{rule.pk}/change/")
    for name, figure in zip(("low", "high"), typed, strict=True):
        shown = re.search(rf'<input[^>]*name="{name}"[^>]*>', again)
        assert shown
        value = re.search(r'value="([^"]*)"', shown[0])
        assert float(value[1]) == float(figure) if figure else value is None
