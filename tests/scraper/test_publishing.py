"""Publishing and curating: a person's decision on a staged car, its history, its undoing, merges and splits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.models import CarModel, Make, OldAddress, Source, Spec, Variant, VariantPhoto
from scraper.exceptions import NotPossibleNow
from scraper.models import CatalogChange, StagedCar
from scraper.staging import curate
from scraper.staging.publish import change_undo, staged_publish
from scraper.staging.stage import cars_stage
from tests.scraper.supply import car, value

pytestmark = pytest.mark.django_db
POWER, TORQUE = value("power", 100e3), value("torque", 200)


@pytest.fixture
def site(db: None) -> Source:
    """A source that people decide on."""
    return Source.objects.create(slug="site", name="A site", rank=50)


@pytest.fixture
def staged(site: Source) -> StagedCar:
    """A new car that waits."""
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, POWER, TORQUE, body_style="coupe")])
    return StagedCar.objects.get()


def fresh(row: Any) -> Any:
    """The row as it is by now."""
    return type(row).objects.get(pk=row.pk)


def catalogue() -> list[object]:
    """Everything that publishing may touch."""
    return [
        list(Make.objects.values_list("name")),
        list(CarModel.objects.values_list("name")),
        list(Variant.objects.order_by("pk").values_list("pk", "slug", "search_text")),
        sorted(
            Spec.objects.values_list("variant", "key", "low", "high", "text", "raw", "source", "retrieved")
        ),
    ]


# --- Publishing -----------------------------------------------------------------------------------------------
def test_a_published_car_has_a_page_with_its_facts_and_their_source(
    client: Client, staged: StagedCar, staff_user: User
) -> None:
    staged_publish(staged=staged, actor=staff_user)
    row = fresh(staged)
    assert (row.status, row.keys) == ("approved", [])
    page = client.get(row.variant.get_absolute_url()).content.decode()
    for text in (
        "Audi A5 Coupe 2012",
        "A site",
        'href="https://cars.example/Audi/A5/2012"',
        "power as written",
    ):
        assert text in page


def test_what_a_source_says_is_escaped_on_the_page(client: Client, site: Source, staff_user: User) -> None:
    evil = value("fuel", text="<script>alert(1)</script>", raw="<img src=x onerror=alert(2)>")
    cars_stage(source="site", cars=[car("<b>Audi</b>", "A5", 2012, evil)])
    staged_publish(staged=StagedCar.objects.get(), actor=staff_user)
    page = client.get(Variant.objects.get().get_absolute_url()).content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>Audi" not in page


def test_some_facts_published_leave_the_others_waiting(staged: StagedCar, staff_user: User) -> None:
    staged_publish(staged=staged, actor=staff_user, keys={"power"})
    row = fresh(staged)
    assert (row.status, row.keys) == ("new", ["torque"])
    assert Spec.objects.get().key == "power"
    staged_publish(staged=row, actor=staff_user)
    assert fresh(staged).status == "approved"
    assert Spec.objects.count() == 2


def test_the_second_of_two_curators_is_told_and_publishes_nothing(
    staged: StagedCar, staff_user: User
) -> None:
    staged_publish(staged=staged, actor=staff_user)
    with pytest.raises(NotPossibleNow, match="Meanwhile it is approved"):
        staged_publish(staged=staged, actor=staff_user)
    assert CatalogChange.objects.count() == 1


def test_a_car_that_came_into_the_catalogue_meanwhile_is_not_added_twice(
    staged: StagedCar, staff_user: User
) -> None:
    cars_stage(source="another", cars=[car("Audi", "A5", 2012, value("mass", 1500), body_style="coupe")])
    for row in StagedCar.objects.all():
        staged_publish(staged=row, actor=staff_user)
    assert Variant.objects.get().specs.count() == 3


def test_what_needs_a_person_is_not_published_before_one_has_said_which_car_it_is(
    site: Source, staff_user: User
) -> None:
    cars_stage(source="site", cars=[car("Audi", "A5", None, POWER)])
    row = StagedCar.objects.get()
    with pytest.raises(NotPossibleNow, match="Say first which car"):
        staged_publish(staged=row, actor=staff_user)
    with pytest.raises(NotPossibleNow, match="one model year"):
        curate.staged_map(staged=row, variant=None, actor=staff_user)
    assert not Make.objects.exists()


# --- Undo -----------------------------------------------------------------------------------------------------
def test_undo_leaves_no_trace_of_a_new_car(staged: StagedCar, staff_user: User) -> None:
    before = catalogue()
    change = staged_publish(staged=staged, actor=staff_user)
    assert catalogue() != before
    change_undo(change=change, actor=staff_user)
    assert catalogue() == before == [[], [], [], []]
    row = fresh(staged)
    assert (row.status, row.keys, row.variant) == ("new", ["power", "torque"], None)
    staged_publish(staged=row, actor=staff_user)
    assert Spec.objects.count() == 2


def test_undo_brings_back_the_facts_that_were_replaced(staged: StagedCar, staff_user: User) -> None:
    staged_publish(staged=staged, actor=staff_user)
    before = catalogue()
    said = (value("power", 150e3, raw="204 PS"), TORQUE, value("mass", 1500))
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, *said, body_style="coupe")])
    change = staged_publish(staged=fresh(staged), actor=staff_user)
    assert dict(Spec.objects.values_list("key", "low")) == {"power": 150e3, "torque": 200, "mass": 1500}
    change_undo(change=change, actor=staff_user)
    assert catalogue() == before


def test_changes_of_one_car_are_undone_in_their_order(staged: StagedCar, staff_user: User) -> None:
    first = staged_publish(staged=staged, actor=staff_user, keys={"power"})
    second = staged_publish(staged=fresh(staged), actor=staff_user)
    with pytest.raises(NotPossibleNow, match="Undo this first"):
        change_undo(change=first, actor=staff_user)
    change_undo(change=second, actor=staff_user)
    change_undo(change=first, actor=staff_user)
    assert not Variant.objects.exists()
    with pytest.raises(NotPossibleNow, match="undone already"):
        change_undo(change=first, actor=staff_user)


def test_undo_keeps_a_car_to_which_something_else_came(staged: StagedCar, staff_user: User) -> None:
    change = staged_publish(staged=staged, actor=staff_user)
    VariantPhoto.objects.create(variant=Variant.objects.get(), credit="A. Person", licence="CC0")
    change_undo(change=change, actor=staff_user)
    assert Variant.objects.exists()
    assert not Spec.objects.exists()


def test_what_a_rule_published_is_undone_like_what_a_person_did(site: Source, staff_user: User) -> None:
    site.approval_rules.create(new_cars=True)
    cars_stage(source="site", cars=[car("Audi", f"A{number}", 2012, POWER) for number in range(5)])
    assert Variant.objects.count() == 5
    change_undo(change=CatalogChange.objects.get(), actor=staff_user)
    assert not Make.objects.exists()
    assert StagedCar.objects.pending().count() == 5


# --- History --------------------------------------------------------------------------------------------------
def test_history_names_who_did_what_and_why(staged: StagedCar, staff_user: User, user: User) -> None:
    curate.staged_reject(staged=staged, actor=user, reason="a scale model")
    curate.staged_reopen(staged=staged, actor=staff_user)
    change_undo(change=staged_publish(staged=staged, actor=staff_user), actor=user)
    told = [(entry.history_user, entry.history_change_reason) for entry in staged.history.order_by("pk")]
    assert told == [
        (user, "Rejected: a scale model"),
        (staff_user, "Taken back"),
        (staff_user, "Published: power, torque"),
        (user, "Undone"),
    ]


def test_nothing_is_rejected_without_a_reason(staged: StagedCar, staff_user: User) -> None:
    with pytest.raises(NotPossibleNow, match="Say why"):
        curate.staged_reject(staged=staged, actor=staff_user, reason="  ")
    assert fresh(staged).status == "new"


# --- Correcting, mapping, splitting, merging --------------------------------------------------------------------
def test_a_corrected_value_is_published_with_what_the_source_said(
    staged: StagedCar, staff_user: User
) -> None:
    changed = curate.staged_edit(
        staged=staged,
        names={"trim": "S line", "make": "Audi"},
        values={"power": {"low": 90e3, "high": 90e3}, "torque": None},
        actor=staff_user,
    )
    assert changed == ["trim", "power", "torque"]
    staged_publish(staged=staged, actor=staff_user)
    spec = Spec.objects.get()
    assert (spec.key, spec.low, spec.raw, spec.note) == (
        "power",
        90e3,
        "power as written",
        "corrected by staff",
    )
    assert str(Variant.objects.get()) == "Audi A5 S line Coupe 2012"


def test_mapping_publishes_into_the_chosen_car(staged: StagedCar, staff_user: User) -> None:
    cars_stage(source="other", cars=[car("Audi", "A5 Coupé", 2012, value("mass", 1500))])
    other = StagedCar.objects.get(source__slug="other")
    staged_publish(staged=staged, actor=staff_user)
    variant = Variant.objects.get()
    curate.staged_map(staged=other, variant=variant, actor=staff_user)
    staged_publish(staged=other, actor=staff_user)
    assert Variant.objects.count() == 1
    assert {spec.key for spec in variant.specs.all()} == {"power", "torque", "mass"}


def test_a_split_takes_what_one_page_says_off_a_car_and_undo_puts_it_back(
    staged: StagedCar, staff_user: User
) -> None:
    staged_publish(staged=staged, actor=staff_user)
    variant = Variant.objects.get()
    cars_stage(source="other", cars=[car("Audi", "A5", 2012, value("mass", 1700), trim="quattro")])
    wrong = StagedCar.objects.get(source__slug="other")
    curate.staged_map(staged=wrong, variant=variant, actor=staff_user)
    staged_publish(staged=wrong, actor=staff_user)
    before = catalogue()
    change = curate.staged_split(staged=wrong, actor=staff_user)
    own = fresh(wrong).variant
    assert str(own) == "Audi A5 quattro 2012"
    assert {spec.key for spec in own.specs.all()} == {"mass"}
    assert {spec.key for spec in variant.specs.all()} == {"power", "torque"}
    change_undo(change=change, actor=staff_user)
    assert catalogue() == before
    assert fresh(wrong).variant == variant


def test_a_merge_is_on_record_and_undone_with_its_redirect(
    client: Client, staged: StagedCar, staff_user: User
) -> None:
    staged_publish(staged=staged, actor=staff_user)
    cars_stage(source="other", cars=[car("Audi", "A5", 2012, value("mass", 1500), trim="Coupe")])
    staged_publish(staged=StagedCar.objects.get(source__slug="other"), actor=staff_user)
    keep, gone = Variant.objects.with_names().order_by("pk")
    before = catalogue()
    change = curate.duplicates_merge(keep=keep, gone=gone, actor=staff_user)
    assert client.get(gone.get_absolute_url()).headers["Location"] == keep.get_absolute_url()
    assert (change.summary, change.actor) == (f"{gone} merged into {keep}", staff_user)
    assert {spec.key for spec in keep.specs.all()} == {"power", "torque", "mass"}
    assert StagedCar.objects.filter(variant=keep).count() == 2
    change_undo(change=change, actor=staff_user)
    assert catalogue() == before
    assert not OldAddress.objects.exists()
    assert client.get(gone.get_absolute_url()).status_code == 200
    assert StagedCar.objects.get(source__slug="other").variant == gone


def test_a_merge_that_can_not_be_is_refused_in_words(staged: StagedCar, staff_user: User) -> None:
    staged_publish(staged=staged, actor=staff_user)
    variant = Variant.objects.get()
    with pytest.raises(NotPossibleNow, match="into itself"):
        curate.duplicates_merge(keep=variant, gone=variant, actor=staff_user)
    assert CatalogChange.objects.count() == 1


# --- Two curators ---------------------------------------------------------------------------------------------
def test_a_second_curator_is_warned_for_a_while_but_not_kept_out(
    staged: StagedCar, staff_user: User, user: User
) -> None:
    assert curate.staged_open(staged=staged, actor=user) == ""
    assert curate.staged_open(staged=fresh(staged), actor=user) == ""
    assert curate.staged_open(staged=fresh(staged), actor=staff_user) == str(user)
    staged_publish(staged=staged, actor=staff_user)
    StagedCar.objects.update(opened=timezone.now() - timedelta(minutes=11))
    assert curate.staged_open(staged=fresh(staged), actor=staff_user) == ""
