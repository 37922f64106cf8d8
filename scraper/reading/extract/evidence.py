"""What all layers of a page say about a car together, in the order in which they are believed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from scraper.reading.cars import RawField
from scraper.reading.extract import fact_lines, prices, reasons, schema_choice, shown, sites, state
from scraper.reading.extract.limits import LONGEST_LABEL, LONGEST_STATEMENT, MOST_STATEMENTS
from scraper.reading.extract.naming import breadcrumb_names, heads
from scraper.reading.extract.nodes import Node
from scraper.reading.extract.page import Page
from scraper.reading.extract.pair_groups import described, groups, ordered
from scraper.reading.extract.pairs import pairs
from scraper.reading.extract.schema_org import MarkedCar
from scraper.reading.extract.schema_org import fields as marked_fields

#: Facts that are worth a row: a make and a model alone are a headline.
FACTS = frozenset({
    "year", "first_registration", "mileage", "price", "fuel", "transmission", "power", "displacement",
    "engine", "torque", "body_style", "drive", "length", "wheelbase", "mass", "consumption_combined",
    "consumption_city", "electric_range", "cylinders",
})  # fmt: skip
#: Facts that make a car.
ENOUGH_FACTS = 3
_OUTWEIGHS_A_LIST = 4  # labelled facts that outweigh a list of other cars on the page


@dataclass(frozen=True)
class Evidence:
    """What the layers of a page found.

    `facts` is the number of different facts, `several` whether the page is about more than one car,
    `is_named` whether make and model are stated as such, and not only in a title.
    """

    marked_car: MarkedCar | None
    fields: list[RawField]
    facts: int
    several: bool
    is_named: bool

    @property
    def has_marked_vehicle(self) -> bool:
        """Whether the site marks up a vehicle, and not merely a product."""
        return self.marked_car is not None and self.marked_car.is_vehicle

    @property
    def is_one_car(self) -> bool:
        """Whether enough is stated about one car and no more."""
        return self.has_marked_vehicle or (not self.several and self.facts >= self.enough)

    @property
    def enough(self) -> int:
        """Facts that make a car: fewer where make and model are stated as such, and not only in a title."""
        return ENOUGH_FACTS - 1 if self.is_named else ENOUGH_FACTS


@dataclass(frozen=True)
class _Layers:
    """The statements of each layer.

    Marked up for machines, labelled for people, in the state of scripts, in lines of facts without labels,
    and prices that stand alone.
    """

    structured: list[RawField]
    visible: list[RawField]
    hidden: list[RawField]
    short: list[RawField]
    prices: list[RawField]

    def in_order(self) -> list[RawField]:
        return self.structured + self.visible + self.hidden + self.short + self.prices

    def facts(self) -> set[str]:
        """Keys of the facts; a price that stands alone is none, as any page of a shop has one."""
        stated = self.structured + self.visible + self.hidden + self.short
        return {one.key for one in stated} & FACTS

    def without_denied_price(self, page: Page) -> _Layers:
        """Neither price is believed where people and machines are told different ones."""
        if not prices.is_denied(page, self.structured, self.visible + self.prices):
            return self
        return replace(
            self,
            structured=_without_price(self.structured),
            visible=_without_price(self.visible),
            prices=_without_price(self.prices),
        )

    def with_odometer_units(self, page: Page) -> _Layers:
        return replace(
            self,
            structured=shown.with_odometer_units(self.structured, page),
            visible=shown.with_odometer_units(self.visible, page),
            hidden=shown.with_odometer_units(self.hidden, page),
        )


def gather(page: Page, tops: list[Node]) -> Evidence:
    """Read every layer of a page; `tops` are its structured nodes."""
    marked_car, has_several_nodes = schema_choice.car_of_page(tops, page)
    group, has_several_groups = described(groups(pairs(page), page.language))
    state_car, has_several_states = state.choose(state.cars(page))
    short, has_several_lines = fact_lines.one_line(fact_lines.fact_lines(page))
    found = _Layers(
        structured=_marked_up(marked_car, page),
        visible=_first_of_each(ordered(group) if group else []),
        hidden=_first_of_each(state_car.fields if state_car else []),
        short=short,
        prices=prices.meta_price(page) + prices.lone_price(page),
    )
    layers = found.without_denied_price(page).with_odometer_units(page)
    is_list = has_several_nodes or has_several_groups or has_several_lines
    is_list = is_list or (has_several_states and not layers.visible)
    return Evidence(
        marked_car=marked_car,
        fields=sites.fields(page) + layers.in_order() + _names(page, tops),
        facts=len(layers.facts()),
        several=_is_about_several(page, layers, is_list=is_list, has_marked_car=marked_car is not None),
        is_named=_is_named(marked_car, layers),
    )


def _first_of_each(fields: list[RawField]) -> list[RawField]:
    """The first statements for each key, without texts that are too long to be one."""
    counts: Counter[str] = Counter()
    kept = []
    for one in fields:
        counts[one.key] += 1
        is_short = len(one.text) <= LONGEST_STATEMENT and len(one.label) <= LONGEST_LABEL
        if is_short and counts[one.key] <= MOST_STATEMENTS:
            kept.append(one)
    return kept


def _marked_up(car: MarkedCar | None, page: Page) -> list[RawField]:
    """What is marked up, without rates that are marked up as prices."""
    stated = _first_of_each(marked_fields(car) if car else [])
    return [one for one in stated if one.key != "price" or not shown.is_rate(one.text, page)]


def _names(page: Page, tops: list[Node]) -> list[RawField]:
    return [RawField("name", "heading", head) for head in heads(page)] + breadcrumb_names(page, tops)


def _is_named(marked_car: MarkedCar | None, layers: _Layers) -> bool:
    marked = layers.structured if marked_car and marked_car.is_vehicle else []
    return {one.key for one in marked + layers.visible + layers.hidden} >= {"make", "model"}


def _is_about_several(page: Page, layers: _Layers, *, is_list: bool, has_marked_car: bool) -> bool:
    """Whether the page is a list, search or comparison; many labelled facts outweigh a list beside them."""
    compares = reasons.compares(page)
    labelled = {one.key for one in layers.visible} & FACTS
    if len(labelled) >= _OUTWEIGHS_A_LIST and not compares:
        return False
    return is_list or (not has_marked_car and (compares or reasons.is_search(page)))


def _without_price(fields: list[RawField]) -> list[RawField]:
    return [one for one in fields if one.key != "price"]
