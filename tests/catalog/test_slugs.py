"""The catalogue and the classifier call a car the same, and slugs of former rules lead on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.choices import BodyStyle
from catalog.models import CarModel, Make, OldAddress, Variant
from catalog.search import index, listing
from catalog.search.criteria import Criteria
from catalog.seed import files
from catalog.seed.load import catalog_load
from catalog.supply import CarName, cars_create
from ml.bundle.labels import parse_label

BEFORE, AFTER = ("catalog", "0001_initial"), ("catalog", "0004_words_for_facts")
CAR = "bugatti-veyron-164-coupe-2009"
word = st.text(
    alphabet=st.one_of(st.characters(categories=["L", "Nd"]), st.sampled_from("./+&-' ’_")),
    min_size=1,
    max_size=12,
).filter(lambda said: any(sign.isalnum() for sign in said) and "\x00" not in said)


@settings(max_examples=40, deadline=None)
@given(
    make=word, model=word, body=st.sampled_from(BodyStyle.values), year=st.none() | st.integers(1900, 2030)
)
@pytest.mark.django_db
def test_a_label_has_the_slug_of_the_cars_page(make: str, model: str, body: str, year: int | None) -> None:
    Variant.objects.all().delete()
    [car] = cars_create([CarName(make, model, body_style=body, year=year)])
    assert parse_label(str(car)).slug == car.slug


@pytest.mark.django_db
def test_the_seeds_slugs_are_those_of_its_labels() -> None:
    catalog_load()
    labels = {parse_label(car.label).slug for car in files.variants()}
    assert set(Variant.objects.values_list("slug", flat=True)) == labels


# --- The migration ------------------------------------------------------------------------------------------
@pytest.fixture
def before(own_tables: None) -> Iterator[Apps]:
    """The catalogue's tables as they were before; after the test all migrations have run again."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    yield executor.loader.project_state([BEFORE]).apps
    _migrate([key for key in MigrationExecutor(connection).loader.graph.leaf_nodes() if key[0] == "catalog"])


def _migrate(targets: list[tuple[str, str]]) -> None:
    """As the command does, which makes the index of words where it is missing."""
    MigrationExecutor(connection).migrate(targets)
    index.ensure(using="default")


def _add(
    apps: Apps, make: tuple[str, str], model: tuple[str, str], *slugs: str, **fields: object
) -> list[Any]:
    """Cars as the tables held them. `make` and `model` are a name and a slug."""
    makes, models, cars = (apps.get_model("catalog", name) for name in ("Make", "CarModel", "Variant"))
    of_make, _ = makes.objects.get_or_create(name=make[0], slug=make[1])
    of_model, _ = models.objects.get_or_create(make=of_make, name=model[0], slug=model[1])
    return [cars.objects.create(make=of_make, model=of_model, slug=slug, **fields) for slug in slugs]


def test_slugs_of_former_rules_become_those_of_the_one_rule(before: Apps, client: Client) -> None:
    veyron = ("Bugatti", "bugatti"), ("Veyron 16.4", "veyron-16-4")
    _add(before, *veyron, CAR, f"{CAR}-2", "chosen-by-staff", body_style="coupe", year=2009)
    _migrate([AFTER])
    slugs = [car.slug for car in Variant.objects.order_by("pk")]
    assert slugs == ["bugatti-veyron-16-4-coupe-2009", "bugatti-veyron-16-4-coupe-2009-2", "chosen-by-staff"]
    first = Variant.objects.with_names().get(slug=slugs[0])
    answer = client.get(f"/cars/bugatti/veyron-16-4/{CAR}/")
    assert (answer.status_code, answer.headers["Location"]) == (301, first.get_absolute_url())
    assert client.get(f"/api/v1/variants/{CAR}/").json()["slug"] == first.slug
    assert client.get(f"/compare/?v={CAR}").status_code == 200
    assert Variant.objects.known_as([CAR])[CAR] == first
    assert OldAddress.objects.count() == 2


def test_a_make_and_all_below_it_are_found_by_their_former_addresses(before: Apps, client: Client) -> None:
    _add(before, ("Łada", "ada"), ("Niva+", "niva"), "ada-niva-suv-2012", body_style="suv", year=2012)
    _add(before, ("Lada", "lada"), ("Vesta", "vesta"), "lada-vesta-2016", year=2016)
    _migrate([AFTER])
    make = Make.objects.get(name="Łada")
    assert make.slug == "lada-2", "another make has that of the rule"
    car = Variant.objects.with_names().get(model__make=make)
    assert car.get_absolute_url() == "/cars/lada-2/niva-plus/lada-niva-plus-suv-2012/"
    for old, new in (
        ("/cars/ada/", make.get_absolute_url()),
        ("/cars/ada/niva/", car.model.get_absolute_url()),
        ("/cars/ada/niva/ada-niva-suv-2012/", car.get_absolute_url()),
    ):
        answer = client.get(old)
        assert (answer.status_code, answer.headers["Location"]) == (301, new)
        assert client.get(new).status_code == 200
    assert client.get("/api/v1/makes/ada/").json()["slug"] == "lada-2"
    for asked in ({"make": ("ada",)}, {"model": ("niva",)}, {"make": ("ada",), "model": ("niva",)}):
        assert list(listing.browse(Criteria(**asked), None).page) == [car]
    assert client.get("/api/v1/variants/?make=ada&model=niva").json()["count"] == 1
    assert client.get("/cars/?make=ada").status_code == 200


def test_words_to_search_by_follow_the_new_rule(before: Apps) -> None:
    [car] = _add(
        before, ("Łada", "ada"), ("Niva", "niva"), "ada-niva-2012",
        year=2012, search_text=" ada niva 2012 adaniva ", sort_key="ada  niva  7987  ada niva 2012",
    )  # fmt: skip
    _migrate([AFTER])
    after = Variant.objects.get(pk=car.pk)
    assert after.sort_key == "lada  niva  7987  lada niva 2012"
    for query in ("lada niva", "łada", "Лада", "ladaniva"):
        assert list(listing.browse(Criteria(q=query), None).page) == [after], query
    assert Variant.objects.refresh_names() == 0


def test_a_former_slug_is_never_given_to_another_car(before: Apps) -> None:
    made = _add(before, ("BMW", "bmw"), ("M3", "m3"), "bmw-m3-2012", year=2012)
    other = _add(before, ("BMW", "bmw"), ("M.3", "m3-old"), "bmw-m3-2012-2", year=2012)
    old = before.get_model("catalog", "OldAddress")
    old.objects.create(path="bmw/m3/bmw-m-3-2012", slug="bmw-m-3-2012", variant=made[0])
    _migrate([AFTER])
    assert Variant.objects.get(pk=made[0].pk).slug == "bmw-m3-2012"
    assert Variant.objects.get(pk=other[0].pk).slug == "bmw-m-3-2012-2"
    assert Variant.objects.known_as(["bmw-m-3-2012"])["bmw-m-3-2012"].pk == made[0].pk


def test_migrating_a_second_time_changes_nothing(before: Apps) -> None:
    _add(before, ("Łada", "ada"), ("4x4 +", "4x4"), "ada-4x4-2012", "ada-4x4-2012-2", year=2012)
    _migrate([AFTER])
    rows = [list(model.objects.order_by("pk").values()) for model in (Make, CarModel, Variant, OldAddress)]
    _migrate([("catalog", "0002_old_addresses_of_makes")])
    _migrate([AFTER])
    assert [list(m.objects.order_by("pk").values()) for m in (Make, CarModel, Variant, OldAddress)] == rows


def test_loading_the_seed_after_the_migration_makes_no_car_twice(before: Apps) -> None:
    veyron = ("Bugatti", "bugatti"), ("Veyron 16.4", "veyron-16-4")
    _add(before, *veyron, CAR, body_style="coupe", year=2009)
    _add(before, *veyron, "bugatti-veyron-164-convertible-2009", body_style="convertible", year=2009)
    _migrate([AFTER])
    loaded = catalog_load()
    assert loaded.new_variants == loaded.variants - 2
