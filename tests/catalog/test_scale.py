"""What pages cost does not grow with the catalogue: as many queries, by indexes, and one page of rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import CarModel, Make, Spec, Variant, VariantPhoto
from catalog.search.criteria import SORTS, Criteria
from catalog.supply import CarName, cars_create
from tests.benchmarks import large_catalog
from tests.databases import is_postgres

pytestmark = pytest.mark.django_db
#: Tables that have tens of thousands of rows and more. Models are fewer: their names may be read to sort or
#: to correct.
LARGE = ("catalog_variant", "catalog_spec", "catalog_variantphoto")
on_sqlite = pytest.mark.skipif(
    is_postgres(), reason="of SQLite: its plans, its triggers, its VACUUM in a transaction"
)


@pytest.fixture
def large() -> None:
    """A few thousand cars, their facts and photos."""
    large_catalog.build(2000, photos=1, real=False)


def _pages() -> dict[str, str]:
    """One address of each kind."""
    car = Variant.objects.with_names().order_by("pk")[7]
    name = f"{car.make.name} {car.model.name}"
    return {
        "list": "/cars/",
        "a later page": "/cars/?page=3",
        **{sort: f"/cars/?sort={sort}" for sort in SORTS},
        "facets": f"/cars/?make={car.make.slug}&body={car.body_style}&year_min=1990",
        "fuel": "/cars/?fuel=petrol",
        "search": f"/cars/?q={name}",
        "broad search": f"/cars/?q={name[0]}",
        "search with a typo": f"/cars/?q={name[:3]}{name[2]}{name[3:]}",
        "word for a fact": "/cars/?q=diesel",
        "words for facts": f"/cars/?q={car.year}+automatic+suv&sort=newest",
        "another script": "/cars/?q=тойота",
        "nonsense": "/cars/?q=xyzzyxyzzy",
        "makes": "/makes/",
        "make": car.make.get_absolute_url(),
        "model": car.model.get_absolute_url(),
        "car": car.get_absolute_url(),
        "compare": f"/compare/?v={car.slug}&q={name}",
        "API, makes": "/api/v1/makes/",
        "API, models": "/api/v1/models/",
        "API, list": "/api/v1/variants/",
        "API, search": f"/api/v1/variants/?q={name}&sort=newest",
        "API, car": f"/api/v1/variants/{car.slug}/",
    }


def _queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200, url
    return [query["sql"] for query in captured]


def _reads_whole_tables(sql: str) -> list[str]:
    """Steps of SQLite's plan that read all rows of a large table; reading a covering index is counting."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [row[3] for row in cursor.fetchall()]
    names = dict(re.findall(r'"(catalog_\w+)" (\w\d)\b', sql))
    large = {*LARGE, *(alias for table, alias in names.items() if table in LARGE)}
    return [
        step for step in steps if re.match(r"SCAN (\w+)(?!.*COVERING)", step) and step.split()[1] in large
    ]


# --- Pages --------------------------------------------------------------------------------------------------
@on_sqlite
@pytest.mark.usefixtures("large")
def test_no_page_reads_a_large_table_as_a_whole(client: Client) -> None:
    for name, url in _pages().items():
        for sql in _queries(client, url):
            assert not _reads_whole_tables(sql), (name, sql)


@on_sqlite
@pytest.mark.usefixtures("large")
def test_the_check_above_notices_a_page_that_reads_all_cars() -> None:
    assert _reads_whole_tables("""SELECT * FROM "catalog_variant" WHERE "trim" = 'Sport'""")
    assert _reads_whole_tables("""SELECT * FROM "catalog_make" WHERE EXISTS(
        SELECT 1 FROM "catalog_variant" U0 WHERE U0."trim" = 'Sport' AND U0."body_detail" > 'a')""")


@on_sqlite
def test_a_catalogue_a_hundred_times_as_large_takes_as_many_queries(client: Client) -> None:
    large_catalog.build(40, photos=1, real=False)
    small = {name: len(_queries(client, url)) for name, url in _pages().items()}
    for model in (VariantPhoto, Spec, Variant, CarModel, Make):
        model.objects.all().delete()
    Spec._meta.get_field("source").related_model.objects.all().delete()
    large_catalog.build(2000, photos=1, real=False)
    assert {name: len(_queries(client, url)) for name, url in _pages().items()} == small


def test_pages_show_a_part_of_what_is_many(client: Client) -> None:
    trims = [CarName("Audi", "A4", f"Trim {number}", "sedan", 1990 + number % 30) for number in range(150)]
    models = [CarName("Audi", f"A{number}", "", "sedan", 2012) for number in range(5, 105)]
    cars = cars_create([*trims, *models])
    model = client.get("/cars/audi/a4/").content.decode()
    assert model.count('<li class="car-card">') == 24
    assert "Page <b>1</b> of <b>7</b>" in model
    assert client.get("/cars/audi/a4/?page=7").content.decode().count('<li class="car-card">') == 6
    make = client.get("/cars/audi/").content.decode()
    assert make.count('<li class="car-card">') == 60
    assert "Page <b>1</b> of <b>2</b>" in make
    car = client.get(cars[0].get_absolute_url()).content.decode()
    siblings = car[car.index('id="siblings"') :]
    assert siblings.count('class="chip"') == 24
    assert "1991" in siblings
    assert "2010" not in siblings
    assert 'href="/cars/audi/a4/"' in siblings


# --- What lists go by follows the facts ---------------------------------------------------------------------
def _fact_columns(car: Variant) -> tuple[Any, ...]:
    car.refresh_from_db()
    return car.fuels.split(), car.power, car.consumption, car.price, car.currency


def test_lists_follow_facts_however_these_are_written(
    add_variant: Callable[..., Variant], add_spec: Callable[..., Spec], other_source: Any
) -> None:
    car, other = add_variant("Audi", "A5", 2012), add_variant("Audi", "A5", 2013)
    power = add_spec(car, "power", 100e3, 120e3)
    add_spec(car, "fuel", text="Petrol; Flex-fuel")
    add_spec(car, "fuel", text="Plug-in hybrid", source=other_source)
    add_spec(car, "price", 30e3, 40e3, currency="EUR")
    add_spec(car, "consumption_combined", 5e-8)
    assert _fact_columns(car) == (["petrol", "plug-in-hybrid", "flex-fuel"], 120e3, 5e-8, 30e3, "EUR")
    power.high = 130e3
    power.save()
    assert _fact_columns(car)[1] == 130e3
    power.variant = other
    power.save()
    assert (_fact_columns(car)[1], _fact_columns(other)[1]) == (None, 130e3)
    Spec.objects.filter(pk=power.pk).update(variant=car)
    assert (_fact_columns(car)[1], _fact_columns(other)[1]) == (130e3, None)
    Spec.objects.bulk_create(
        [Spec(variant=other, key="fuel", text="Diesel", source=power.source, retrieved=power.retrieved)]
    )
    assert _fact_columns(other)[0] == ["diesel"]
    power.delete()
    car.specs.filter(key="fuel").delete()
    assert _fact_columns(car)[:2] == ([], None)


def test_the_most_trusted_source_decides_and_trust_may_change(
    add_variant: Callable[..., Variant], add_spec: Callable[..., Spec], source: Any, other_source: Any
) -> None:
    car = add_variant("Audi", "A5", 2012)
    add_spec(car, "power", 200e3, source=other_source)
    add_spec(car, "power", 100e3)
    assert _fact_columns(car)[1] == 100e3
    source.rank = 50
    source.save()
    assert _fact_columns(car)[1] == 200e3


# --- The index of words follows the names -------------------------------------------------------------------
def _found(query: str) -> set[str]:
    return set(Variant.objects.filter(search_text__names=query).values_list("slug", flat=True))


def test_search_follows_names_however_these_are_written(add_variant: Callable[..., Variant]) -> None:
    car = add_variant("Audi", "A5", 2012)
    (made,) = cars_create([CarName("Škoda", "Octavia", year=2012)])
    assert (_found("audi"), _found("skod octa")) == ({car.slug}, {made.slug})
    Variant.objects.filter(pk=car.pk).update(search_text=" horch ")
    assert (_found("audi"), _found("horch")) == (set(), {car.slug})
    Variant.objects.refresh_names()
    assert _found("audi") == {car.slug}
    Variant.objects.all().delete()
    assert _found("audi") == _found("2012") == set()


@on_sqlite
def test_the_index_of_words_comes_back_after_its_table_was_rebuilt(
    add_variant: Callable[..., Variant],
) -> None:
    from catalog.search import index

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER catalog_variant_search_insert")
    car = add_variant("Audi", "A5", 2012)
    assert _found("audi") == set()
    index.ensure(using="default")
    assert _found("audi") == {car.slug}


@pytest.mark.parametrize("sort", sorted(set(SORTS) - {"name"}))
def test_every_order_is_that_of_an_index(sort: str) -> None:
    found = Variant.objects.published().sorted_by(sort).values("pk")[:24]
    plan = found.explain()
    if connection.vendor == "postgresql":  # it takes the index only where there are many cars
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = found.explain()
        assert "Sort" not in plan.replace("Sort Key", "")
    assert "catalog_variant_" in plan or "variant_by_year" in plan
    # SQLite sorts the cars of one currency, as it has no index in which prices that are not there come last.
    assert "TEMP B-TREE" not in (plan.replace("TEMP B-TREE FOR RIGHT PART", "") if sort == "price" else plan)


def test_names_sort_as_plain_words(add_variant: Callable[..., Variant]) -> None:
    for make, model, year in [
        ("Škoda", "Octavia", 2012),
        ("Skoda", "Fabia", None),
        ("Skoda", "Fabia", 2010),
        ("Land Rover", "LR2", 2012),
        ("Land", "X", 2012),
        ("Skoda", "Fabia", 2012),
    ]:
        add_variant(make, model, year)
    names = [str(car) for car in Variant.objects.with_names()]
    assert names == [
        "Land X 2012",
        "Land Rover LR2 2012",
        "Škoda Fabia 2012",
        "Škoda Fabia 2010",
        "Škoda Fabia",
        "Škoda Octavia 2012",
    ]


@on_sqlite
@pytest.mark.usefixtures("large")
def test_of_thousands_of_hits_none_is_put_first_and_none_is_missing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = Variant.objects.with_names().order_by("pk")[7]
    for query in (car.make.name[0], f"{car.make.name[0]} {car.year}", car.make.name):
        url = f"/cars/?q={query}"
        count = client.get(url).context["listing"].page.paginator.count
        assert count
        with monkeypatch.context() as patch:
            patch.setattr("catalog.search.listing.MOST_RANKED", 0)
            listing = client.get(url).context["listing"]
        assert listing.page.paginator.count == count
        found = set(Variant.objects.meeting(Criteria(q=query)).values_list("pk", flat=True))
        broadly = Variant.objects.meeting(Criteria(q=query), broad=True)
        assert set(broadly.values_list("pk", flat=True)) == found
        keys = [car.sort_key for car in listing.page]
        assert keys == sorted(keys)
