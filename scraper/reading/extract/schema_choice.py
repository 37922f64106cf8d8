"""Which of the vehicles and products that a page marks up is the one that the page is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import urlsplit

from core.text import squash
from scraper.reading.extract.limits import MOST_MARKED
from scraper.reading.extract.naming import names_a_model
from scraper.reading.extract.nodes import Node, kinds, text_of
from scraper.reading.extract.page import Page
from scraper.reading.extract.schema_org import MarkedCar, fields, identity
from scraper.reading.json_values import JsonValue
from scraper.reading.normalise.names import make_of
from scraper.reading.normalise.titles import title
from scraper.reading.vocabulary import fold

_VEHICLES = {"car", "vehicle", "motorizedvehicle", "usedcar", "newcar"}
_PRODUCTS = {"product", "individualproduct", "productmodel"}
_WRITTEN = {"review", "article", "newsarticle", "blogposting", "criticreview"}
# What hangs below these is about other cars than the page's own.
_OTHERS = {
    "itemlistelement", "issimilarto", "isrelatedto", "makesoffer", "hasoffercatalog", "mentions",
    "isaccessoryorsparepartfor", "hasvariant", "isvariantof", "owns", "subjectof", "review",
    "associatedmedia",
}  # fmt: skip
_DEEPEST = 8
_MOST_NUMBERS = 2  # VIN and stock number of one car may stand in different nodes
_SHORTEST_NUMBER = 5
_FACTS_OF_CARS = {"mileage", "fuel", "transmission", "displacement", "body_style"}
# Makes that share dealers and headings.
_RELATED = (
    {"Mercedes-Benz", "Maybach", "Smart"}, {"Citroën", "DS"}, {"SEAT", "Cupra"}, {"Fiat", "Abarth"},
    {"BMW", "Alpina", "MINI"}, {"Dodge", "Ram"},
)  # fmt: skip


def car_of_page(tops: list[Node], page: Page) -> tuple[MarkedCar | None, bool]:
    """The one car that the page is about, and whether it marks up several instead."""
    marked = (found for node in tops for found in _walk(node, (), 0))
    car, has_several = _choose(list(islice(marked, MOST_MARKED)), page)
    if car and (_is_of_another_make(car, page) or _is_elsewhere(car, page)):
        car = None
    return car, has_several


# --- Vehicles and products ----------------------------------------------------------------------------------
def _walk(value: JsonValue, around: tuple[Node, ...], depth: int) -> Iterator[MarkedCar]:
    """Vehicles and products that nodes are about.

    Those of lists, of similar cars and of other offers of a dealer are left out.
    """
    if isinstance(value, list) and depth <= _DEEPEST:
        for part in value:
            yield from _walk(part, around, depth + isinstance(part, list))
    elif isinstance(value, dict) and depth <= _DEEPEST:
        yield from _of_node(value, around, depth)


def _of_node(node: Node, around: tuple[Node, ...], depth: int) -> Iterator[MarkedCar]:
    types = kinds(node)
    inner = list(_below(node, around, depth))
    if types & _VEHICLES:
        # What a review or an article is about has to say more of itself than its name.
        yield MarkedCar(node, around, is_vehicle=not any(kinds(outer) & _WRITTEN for outer in around))
        return
    if types & _PRODUCTS and not any(found.is_vehicle for found in inner):
        yield MarkedCar(node, around, is_vehicle=False)
    yield from inner


def _below(node: Node, around: tuple[Node, ...], depth: int) -> Iterator[MarkedCar]:
    for name, value in node.items():
        # A dealer that makes one offer on a page offers the page's car.
        is_only = name.lower() == "makesoffer" and isinstance(value, dict)
        if is_only or name.lower() not in _OTHERS:
            yield from _walk(value, (node, *around), depth + 1)


# --- The one ------------------------------------------------------------------------------------------------
def _choose(found: list[MarkedCar], page: Page) -> tuple[MarkedCar | None, bool]:
    """The one car that the nodes describe, and whether there are several.

    Nodes with the same VIN or name are one car. Of several cars the page's address or heading picks one.
    """
    vehicles = [one for one in found if one.is_vehicle] or [one for one in found if _is_car_like(one)]
    if not vehicles:
        return _product_named_as_car(found, page), False
    cars = _joined_by_name(vehicles)
    if len(cars) == 1:
        numbers = {identity(one) for one in vehicles} - {""}
        return (cars[0], False) if len(numbers) <= _MOST_NUMBERS else (None, True)
    named = [one for one in cars if _is_named_by(page, one)]
    return (named[0], False) if len(named) == 1 else (None, True)


def _is_car_like(product: MarkedCar) -> bool:
    """Whether a product carries properties that only cars have."""
    return bool({field.key for field in fields(product)} & _FACTS_OF_CARS)


def _product_named_as_car(products: list[MarkedCar], page: Page) -> MarkedCar | None:
    named = [one for one in products if title(text_of(one.node.get("name") or "")).model]
    if len(named) > 1:
        named = [one for one in named if _is_named_by(page, one)]
    return named[0] if len(named) == 1 else None


def _joined_by_name(vehicles: list[MarkedCar]) -> list[MarkedCar]:
    groups: dict[str, list[MarkedCar]] = {}
    for one in vehicles:
        groups.setdefault(squash(_name(one)) or identity(one) or "?", []).append(one)
    return [_joined(group) for group in groups.values()]


def _joined(group: list[MarkedCar]) -> MarkedCar:
    """The node that says most, with the others of the same name that are not another car's."""
    best = max(group, key=lambda one: len(fields(one)))
    number = identity(best)
    others = (one for one in group if one is not best)
    same = (one for one in others if not number or identity(one) in ("", number))
    return replace(best, also=tuple(same))


def _name(car: MarkedCar) -> str:
    return fold(text_of(car.node.get("name") or ""))


def _is_named_by(page: Page, car: MarkedCar) -> bool:
    """Whether the page's address holds the car's number or is its own, or a heading holds its name."""
    number = identity(car)
    if len(number) >= _SHORTEST_NUMBER and number.lower() in page.url.lower():
        return True
    address = text_of(car.node.get("url") or car.node.get("@id") or "")
    if address.startswith("http") and page.url and page.absolute(address).rstrip("/") == page.url.rstrip("/"):
        return True
    name = _name(car)
    return bool(title(name).make) and any(squash(name) in squash(heading) for heading in page.headings)


# --- Cars of elsewhere --------------------------------------------------------------------------------------
def _is_of_another_make(car: MarkedCar, page: Page) -> bool:
    """Whether the marked-up car is of another make than the heading: one that the page advertises."""
    names = (one.text for one in fields(car) if one.key in ("make", "name"))
    marked = next((make for name in names if (make := make_of(name) or title(name).make)), "")
    heading = next((make for head in page.headings[:1] if (make := title(head).make)), "")
    if not marked or not heading or marked == heading:
        return False
    return not any({marked, heading} <= related for related in _RELATED)


def _is_elsewhere(car: MarkedCar, page: Page) -> bool:
    """Whether the marked-up car has a page below this one: a list marks up its last or only car."""
    own, here = (urlsplit(address).path.rstrip("/") for address in (text_of(car.node.get("url")), page.url))
    is_below = bool(here) and own.startswith(f"{here}/")
    return is_below and not names_a_model(page)
