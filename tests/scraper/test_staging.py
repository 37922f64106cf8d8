"""Staging: each record once, what is new, changed or denied, what passes by rule, and what is held."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import CarModel, Make, Source, Spec, Variant
from scraper.models import ApprovalRule, CatalogChange, StagedCar
from scraper.reading.cars import Car, Unparsed, Value
from scraper.staging.publish import staged_publish
from scraper.staging.stage import cars_stage
from tests.scraper.supply import car, value

pytestmark = pytest.mark.django_db
IN_2026 = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def site(db: None) -> Source:
    """A source that people decide on."""
    return Source.objects.create(slug="site", name="A site", rank=50)


@pytest.fixture
def audi(db: None) -> Variant:
    """An Audi A5 Coupe 2012 of the catalogue."""
    make = Make.objects.create(name="Audi", slug="audi", aliases=["Four Rings"])
    model = CarModel.objects.create(make=make, name="A5", slug="a5")
    return Variant.objects.create(model=model, year=2012, body_style="coupe", slug="audi-a5-coupe-2012")


def publish(variant: Variant, source: Source, key: str, low: float, **fields: object) -> Spec:
    """A fact of the catalogue."""
    return Spec.objects.create(
        variant=variant, source=source, key=key, low=low, high=low, retrieved="2026-01-01", **fields
    )


def rule(source: Source, **fields: object) -> ApprovalRule:
    """A rule of the source."""
    return ApprovalRule.objects.create(source=source, **fields)


# --- Each record once -----------------------------------------------------------------------------------------
def test_the_same_cars_again_change_nothing(site: Source) -> None:
    cars = [car("Audi", "A5", year, value("power", 100e3)) for year in (2011, 2012)]
    first = cars_stage(source="site", cars=cars)
    before = list(StagedCar.objects.order_by("pk").values("pk", "digest", "status", "values", "fetched"))
    again = cars_stage(source="site", cars=cars)
    assert (first.new, first.changed, first.unchanged) == (2, 0, 0)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert (
        list(StagedCar.objects.order_by("pk").values("pk", "digest", "status", "values", "fetched")) == before
    )


def test_what_a_record_says_anew_replaces_what_it_said(site: Source) -> None:
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 100e3))])
    found = cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 110e3))])
    assert (found.new, found.changed) == (0, 1)
    assert StagedCar.objects.get().values[0]["low"] == 110e3


def test_a_record_twice_in_one_crawl_is_one_staged_car_and_the_later_counts(site: Source) -> None:
    twice = [car("Audi", "A5", 2012, value("power", watts)) for watts in (100e3, 120e3)]
    cars_stage(source="site", cars=twice)
    assert StagedCar.objects.get().values[0]["low"] == 120e3


def test_a_source_that_no_one_knows_is_added_by_its_slug(db: None) -> None:
    cars_stage(source="spec_tables", cars=[car()])
    assert Source.objects.get().name == "Spec tables"


def test_what_the_database_has_no_room_for_is_dropped_and_counted(site: Source) -> None:
    bad = [car("", "A5"), car("Audi", "x" * 121), car("Audi", "A6", 1066)]
    found = cars_stage(source="site", cars=[*bad, car("Audi", "A4")])
    assert found.dropped == {"no make or model": 1, "a name is too long": 1, "the years make no sense": 1}
    assert StagedCar.objects.get().model == "A4"


def test_many_cars_cost_few_queries(
    site: Source, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rule(site, new_cars=True)
    cars = [car("Audi", f"A{number}", 2012, value("power", 100e3)) for number in range(300)]
    with django_assert_max_num_queries(46):
        cars_stage(source="site", cars=cars)
    assert Variant.objects.count() == Spec.objects.count() == 300
    with django_assert_max_num_queries(10):
        cars_stage(source="site", cars=cars)


# --- States ---------------------------------------------------------------------------------------------------
def test_a_car_that_the_catalogue_does_not_have_is_new_and_waits(site: Source) -> None:
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 100e3))])
    row = StagedCar.objects.pending().get()
    assert (row.status, row.match, row.variant, row.keys) == ("new", "new", None, ["power"])
    assert not Variant.objects.exists()


def test_what_is_published_already_is_unchanged_and_does_not_wait(site: Source, audi: Variant) -> None:
    publish(audi, site, "power", 100e3)
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 100e3), body_style="coupe")])
    row = StagedCar.objects.get()
    assert (row.status, row.variant, row.keys) == ("unchanged", audi, [])
    assert not StagedCar.objects.pending().exists()


def test_another_figure_of_the_same_source_is_a_change(site: Source, audi: Variant) -> None:
    publish(audi, site, "power", 100e3)
    publish(audi, site, "torque", 200)
    said = (value("power", 105e3), value("torque", 200), value("mass", 1500))
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, *said, body_style="coupe")])
    row = StagedCar.objects.get()
    assert (row.status, row.keys, row.held) == ("changed", ["power", "mass"], {})


def test_what_another_source_denies_is_a_conflict(site: Source, audi: Variant) -> None:
    publish(audi, Source.objects.create(slug="best", name="Best"), "power", 100e3)
    said = car("Audi", "A5", 2012, value("power", 110e3), body_style="coupe")
    assert cars_stage(source="site", cars=[said]).conflicts == 1
    row = StagedCar.objects.get()
    assert (row.status, row.held) == ("conflict", {"power": "Best says otherwise"})


def test_sources_that_round_differently_are_not_in_conflict(site: Source, audi: Variant) -> None:
    publish(audi, Source.objects.create(slug="best", name="Best"), "power", 100e3)
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 101e3), body_style="coupe")])
    assert StagedCar.objects.get().status == "new"


def test_what_was_rejected_comes_back_only_when_its_source_says_something_else(site: Source) -> None:
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 100e3))])
    StagedCar.objects.update(status="rejected", reason="nonsense")
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 100e3))])
    assert StagedCar.objects.get().status == "rejected"
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 90e3))])
    row = StagedCar.objects.get()
    assert (row.status, row.reason) == ("new", "")


SIGNS_OF_USE = [
    value("mileage", 80e6),
    value("condition", text="used"),
    value("first_registration", 2013),
]


@pytest.mark.parametrize("sign", SIGNS_OF_USE, ids=lambda sign: sign.key)
def test_what_a_used_car_costs_is_never_a_list_price(site: Source, sign: Value) -> None:
    rule(site, new_cars=True)
    price, power = value("price", 20_000, currency="EUR"), value("power", 100e3)
    cars_stage(source="site", cars=[car("Audi", "A5", 2026, price, power, sign)], fetched=IN_2026)
    assert [spec.key for spec in Spec.objects.all()] == ["power"]
    row = StagedCar.objects.get()
    assert row.status == "approved"  # nothing of it waits
    assert {"price", sign.key} <= {kept["key"] for kept in row.values}  # but what was said is kept


def test_no_one_can_publish_what_a_used_car_costs_by_hand(site: Source) -> None:
    price = value("price", 20_000, currency="EUR")
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, price, value("mileage", 80e6))])
    staged_publish(staged=StagedCar.objects.get(), actor=None, keys=None)
    assert Variant.objects.count() == 1
    assert not Spec.objects.exists()


@pytest.mark.parametrize(
    ("year", "more", "label", "passes"),
    [
        (2026, [], "Price", True),
        (2025, [value("mileage", 10e3)], "Price", True),  # driven to the showroom
        (2012, [], "Price", False),
        (None, [], "Price", False),
        (2012, [], "MSRP", True),
        (2012, [], "Prix catalogue", True),
        (2012, [], "Nybilpris", True),
        (2012, [], "Cena katalogowa", True),
        (2012, [], "एक्स-शोरूम कीमत", True),
        (2012, [value("condition", text="new")], "Price", True),
        (2012, [], "Listing price", False),
    ],
)
def test_the_price_of_an_old_car_needs_a_person_unless_it_is_called_a_new_ones(
    site: Source, audi: Variant, year: int | None, more: list[Value], label: str, passes: bool
) -> None:
    Variant.objects.update(year=year)
    rule(site, new_cars=True)
    price = value("price", 20_000, currency="EUR", label=label)
    cars_stage(
        source="site", cars=[car("Audi", "A5", year, price, *more, body_style="coupe")], fetched=IN_2026
    )
    row = StagedCar.objects.get()
    assert row.variant == audi
    assert Spec.objects.filter(key="price").exists() is passes
    assert row.held == ({} if passes else {"price": "may be what a used car costs"})


def test_a_mileage_that_cant_be_read_makes_a_price_doubtful(site: Source) -> None:
    rule(site, new_cars=True)
    price = value("price", 20_000, currency="EUR")
    strange = Unparsed("mileage", "Mileage", "a few", "no figure in a known unit")
    cars_stage(source="site", cars=[car("Audi", "A5", 2026, price, unparsed=(strange,))], fetched=IN_2026)
    assert StagedCar.objects.get().held == {"price": "may be what a used car costs"}
    assert not Spec.objects.exists()


def test_a_car_with_a_garbled_name_is_dropped_and_its_record_stays_as_it_was(site: Source) -> None:
    cars_stage(
        source="site", cars=[car("Halden", "Fjord", 2023, value("power", 1e5), trim="Élan", record="1")]
    )
    garbled = car("Halden", "Fjord", 2023, value("power", 1e5), trim="\ufffdlan", record="1")
    found = cars_stage(source="site", cars=[garbled])
    assert list(found.dropped) == ["a name is garbled: the page is in another encoding than it says"]
    assert StagedCar.objects.get().trim == "Élan"


# --- Rules ----------------------------------------------------------------------------------------------------
def test_what_its_rules_cover_is_published_at_once_with_source_address_and_date(site: Source) -> None:
    rule(site, new_cars=True)
    said = value("power", 100e3, raw="136 PS", label="Leistung", note="of the engine")
    found = cars_stage(
        source="site",
        cars=[car("Audi", "A5", 2012, said, body_style="coupe", trim="S line")],
        fetched=datetime(2026, 5, 4, tzinfo=UTC),
    )
    assert found.published == 1
    spec = Spec.objects.select_related("variant__model__make").get()
    assert str(spec.variant) == "Audi A5 S line Coupe 2012"
    assert (spec.low, spec.source, spec.source_url) == (100e3, site, "https://cars.example/Audi/A5/2012")
    assert (spec.raw, spec.note) == ("Leistung: 136 PS", "of the engine")
    assert spec.retrieved.isoformat() == "2026-05-04"
    row = StagedCar.objects.get()
    assert (row.status, row.variant, row.keys) == ("approved", spec.variant, [])
    assert CatalogChange.objects.get().summary == "Audi A5 S line Coupe 2012, from A site"


def test_a_rule_covers_its_own_kind_of_fact_and_the_others_wait(site: Source, audi: Variant) -> None:
    rule(site, key="consumption_combined")
    said = (value("consumption_combined", 6e-8), value("power", 100e3))
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, *said, body_style="coupe")])
    assert [spec.key for spec in audi.specs.all()] == ["consumption_combined"]
    row = StagedCar.objects.get()
    assert (row.status, row.keys) == ("new", ["power"])


def test_a_value_that_jumps_is_held(site: Source, audi: Variant) -> None:
    rule(site, max_change=0.1)
    publish(audi, site, "power", 100e3)
    publish(audi, site, "torque", 200)
    said = (value("power", 150e3), value("torque", 210))
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, *said, body_style="coupe")])
    assert dict(audi.specs.values_list("key", "low")) == {"power": 100e3, "torque": 210}
    row = StagedCar.objects.get()
    assert (row.status, row.keys) == ("changed", ["power"])
    assert row.held == {"power": "differs by 50\N{NO-BREAK SPACE}%"}


@pytest.mark.parametrize(("watts", "passes"), [(40e3, False), (50e3, True), (300e3, True), (301e3, False)])
def test_a_rule_has_bounds(site: Source, audi: Variant, watts: float, passes: bool) -> None:
    rule(site, key="power", low=50e3, high=300e3)
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", watts), body_style="coupe")])
    assert audi.specs.exists() is passes
    assert bool(StagedCar.objects.get().held) is not passes


def test_no_rule_publishes_what_another_source_denies(site: Source, audi: Variant) -> None:
    rule(site, max_change=9)
    publish(audi, Source.objects.create(slug="best", name="Best"), "power", 100e3)
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 110e3), body_style="coupe")])
    assert audi.specs.count() == 1
    assert StagedCar.objects.get().status == "conflict"


def test_a_rule_that_adds_no_cars_leaves_new_ones_to_people(site: Source) -> None:
    rule(site)
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 100e3))])
    assert not Variant.objects.exists()
    assert StagedCar.objects.get().status == "new"


def test_a_rule_that_is_off_passes_nothing(site: Source) -> None:
    rule(site, new_cars=True, is_active=False)
    cars_stage(source="site", cars=[car("Audi", "A5", 2012, value("power", 100e3))])
    assert not Variant.objects.exists()


def test_two_pages_of_one_source_about_one_car_do_not_overwrite_each_other(site: Source) -> None:
    rule(site, new_cars=True)
    said = [car("Audi", "A5", 2012, value("power", watts), record=str(watts)) for watts in (100e3, 105e3)]
    cars_stage(source="site", cars=said)
    assert Variant.objects.count() == 1
    assert Spec.objects.get().low == 100e3
    held = StagedCar.objects.pending().get()
    assert held.held == {"power": "another page of this source says otherwise"}


# --- Which car it is ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", ["audi", "AUDI", "Four Rings", "Aùdi"])
def test_names_are_known_without_case_accents_and_by_alias(site: Source, audi: Variant, make: str) -> None:
    cars_stage(source="site", cars=[car(make, "a-5", 2012, body_style="coupe")])
    row = StagedCar.objects.get()
    assert (row.match, row.variant) == ("exact", audi)


@pytest.mark.parametrize(
    "other",
    [
        car("Audi", "A5", 2013, body_style="coupe"),
        car("Audi", "A6", 2012, body_style="coupe"),
        car("Audi", "A5", 2012, body_style="wagon"),
        car("Audi", "A5", 2012, body_style="coupe", trim="S line"),
        car("BMW", "X5", 2012, body_style="coupe"),
    ],
    ids=["year", "figure in the name", "body", "trim", "make"],
)
def test_another_car_is_never_taken_for_one_of_the_catalogue(site: Source, audi: Variant, other: Car) -> None:
    cars_stage(source="site", cars=[other])
    row = StagedCar.objects.get()
    assert (row.match, row.variant) == ("new", None)


@pytest.mark.parametrize(
    ("unsure", "note"),
    [
        (car("Audii", "A5", 2012, body_style="coupe"), "The make “Audii” looks like “Audi”."),
        (car("Audi", "A5", 2012), "The body style is not known of both."),
        (car("Audi", "A5", None, body_style="coupe"), "The model year is not stated."),
        (car("Audi", "A5", 2012, years=(2011, 2016)), "It speaks of several model years."),
    ],
    ids=["similar make", "no body", "no year", "several years"],
)
def test_what_is_only_similar_needs_a_person(site: Source, audi: Variant, unsure: Car, note: str) -> None:
    rule(site)
    cars_stage(source="site", cars=[unsure])
    row = StagedCar.objects.get()
    assert (row.match, row.variant, row.match_note) == ("person", None, note)
    assert row.candidates in ([audi.pk], [])
    assert not Spec.objects.exists()


def test_a_similar_model_of_the_make_needs_a_person_and_is_named(site: Source, audi: Variant) -> None:
    model = CarModel.objects.create(make=audi.model.make, name="Allroad Quattro", slug="allroad-quattro")
    allroad = Variant.objects.create(model=model, year=2012, slug="allroad-2012")
    Variant.objects.create(model=model, year=2011, slug="allroad-2011")
    cars_stage(source="site", cars=[car("Audi", "Alroad Quatro", 2012)])
    row = StagedCar.objects.get()
    assert (row.match, row.candidates) == ("person", [allroad.pk])
    assert row.match_note == "The model “Alroad Quatro” looks like “Allroad Quattro”."
