"""PostgreSQL finds the same cars as SQLite, in the same order, by its own index."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict

from catalog.models import Variant
from catalog.search import listing
from catalog.search.criteria import Criteria
from tests.databases import database_at
from tests.servers.site import ServedSite
from tests.services import Visitor

QUERIES = (
    "q=audi", "q=audi a5", "q=A5 Audi", "q=rs4", "q=rs 4 cabrio", "q=vw golf 1991", "q=merc c class", "q=beemer 3",
    "q=f150 2007", "q=f-150", "q=landrover lr2", "q=town %26 country", "q=mini", "q=AUDIA5", "q=wagon", "q=suv 2012",
    "q=toyta camry", "q=lamborgini", "q=adui s4", "q=folkswagen beetle", "q=porshe", "q=hyundia sonta hybrid",
    "q=chevrolt silverado", "q=nisan leaf", "q=mercedez", "q=buggati veyron", "q=jagaur xk", "q=xyzzy", "q=%25", "q=_",
    "q=тойота", "q=форд фокус", "q=丰田", "q=diesel", "q=2012 automatic suv", "q=hybrid", "q=awd", "q=plug-in hybrid",
    "", "sort=newest", "sort=oldest", "sort=power", "sort=consumption", "sort=price", "make=audi&make=bmw&body=coupe",
    "fuel=electric", "year=1993&year=1994", "q=audi&sort=power", "q=convertible&sort=price",
)  # fmt: skip


def answers() -> dict[str, tuple[int, list[str]]]:
    """How many cars each query finds, and the first page of them."""
    cache.clear()
    found = {}
    for query in QUERIES:
        page = listing.browse(Criteria.read(QueryDict(query)), None).page
        found[query] = (page.paginator.count, [str(car) for car in page])
    return found


def test_postgresql_finds_what_sqlite_finds_in_the_same_order(
    site: ServedSite, seeded_database: Path
) -> None:
    assert connection.vendor == "postgresql"
    there = answers()
    with database_at(f"sqlite:///{seeded_database}"):
        assert connection.vendor == "sqlite"
        here = answers()
    assert there == here
    assert sum(count > 0 for count, _ in there.values()) >= len(QUERIES) - 3, "the queries find nothing"


def test_slips_of_the_finger_are_forgiven_on_the_page(site: ServedSite, visitor: Visitor) -> None:
    page = visitor.get("/cars/?q=toyta+camry")
    assert page.status == 200
    assert "Toyota Camry Sedan 2012" in page.text


@pytest.mark.parametrize("query", ["' OR 1=1 --", "%00", "%F0%9F%9A%97", "a" * 300, "(%22", "*"])
def test_no_words_make_the_search_fail(site: ServedSite, visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/cars/?q={query.replace(' ', '+')}").status == 200


def test_the_words_of_all_cars_have_an_index(site: ServedSite) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        plan = Variant.objects.filter(search_text__names="lamborghini").order_by().explain()
        cursor.execute("RESET enable_seqscan")
    assert "catalog_variant_words" in plan
