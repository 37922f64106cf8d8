"""Cars in the state that a page carries for its own scripts.

Its names are programmers' words, so a dictionary counts as a car only if it names make and model and at least
three facts more; a bare number counts only if its name says the unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from scraper.reading.cars import RawField
from scraper.reading.extract.page import Page
from scraper.reading.extract.script_json import DEEPEST, values_in
from scraper.reading.extract.state_names import KEYS_BY_NAME
from scraper.reading.extract.texts import squeeze
from scraper.reading.json_values import JsonObject, JsonValue
from scraper.reading.vocabulary import fold, label

# Where an entry of a list of {label, value} has its label, and any dictionary its value, the best first.
_LABELS = ("key_label", "label", "name", "title", "displayname", "key")
_TEXTS = (
    "value_label", "formattedvalue", "formatted", "displayvalue", "displaytext", "label", "name", "value",
    "text", "valuetext", "displaynamevalue", "localized",
)  # fmt: skip
_CURRENCY_NAMES = ("currency", "currencycode", "pricecurrency")
_PRICE_NAMES = ("price", "prices", "pricing", "pricelabel", "priceraw", "currency", "pricecurrency")
_MOST_CARS = 60
_MOST_NODES = 20_000
_FEWEST_KEYS = 5
_FEWEST_ENTRIES = 4
_LONGEST_LABEL, _LONGEST_VALUE, _LONGEST_NAME = 59, 120, 200


@dataclass
class Candidate:
    """A dictionary that looks like a car, and the number of its like that stand in the same list."""

    fields: list[RawField]
    siblings: int
    weight: int


class _Node(NamedTuple):
    """A dictionary with those around it, the nearest first, and the size of the list that it stands in."""

    said: JsonObject
    around: tuple[JsonObject, ...]
    siblings: int


def cars(page: Page) -> list[Candidate]:
    """Car-like dictionaries of all states, the richest first."""
    found: list[Candidate] = []
    for state in values_in(page):
        for node in islice(_nodes(state, (), 1), _MOST_NODES):
            if car := _car(node, page):
                found.append(car)
            if len(found) > _MOST_CARS:
                break
    return sorted(found, key=lambda car: car.weight, reverse=True)


def _car(node: _Node, page: Page) -> Candidate | None:
    said = _fields(node.said, page)
    keys = {one.key for one in said}
    if len(keys) < _FEWEST_KEYS or not keys >= {"make", "model"}:
        return None
    if "price" not in keys:
        said += [one for outer in node.around[:2] for one in _prices(outer, page)]
    return Candidate(said, node.siblings, len(keys))


def _nodes(
    value: JsonValue, around: tuple[JsonObject, ...], siblings: int, lists: int = 0
) -> Iterator[_Node]:
    """Every dictionary of a value; `lists` are those that it stands in within the nearest dictionary."""
    if isinstance(value, list):
        if lists > DEEPEST:
            return
        count = sum(1 for part in value if isinstance(part, dict))
        for part in value:
            if isinstance(part, (dict, list)):
                yield from _nodes(part, around, max(siblings, count), lists + 1)
    elif isinstance(value, dict) and len(around) < DEEPEST:
        yield _Node(value, around, siblings)
        for part in value.values():
            if isinstance(part, (dict, list)):
                yield from _nodes(part, (value, *around), siblings)


@lru_cache(maxsize=20_000)
def _known(name: str) -> tuple[str, str] | None:
    """The key that a programmer's name stands for, with the unit that it says."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    last = re.sub(r"[^a-z]", "", name.rsplit("/", 1)[-1].lower()).removesuffix("resolved")
    return KEYS_BY_NAME.get(plain) or KEYS_BY_NAME.get(last)


def _fields(node: JsonObject, page: Page) -> list[RawField]:
    said: list[RawField] = []
    for name, value in node.items():
        if known := _known(name[-_LONGEST_NAME:]):
            key, unit = known
            said += _stated(key, name, value, unit)
        elif isinstance(value, list) and len(value) >= _FEWEST_ENTRIES:
            said += [one for part in value if isinstance(part, dict) for one in _listed(part, page)]
    return said


def _listed(entry: JsonObject, page: Page) -> list[RawField]:
    """One entry of a list of {label, value}."""
    low = _lowered(entry)
    name = next((said for key in _LABELS if isinstance(said := low.get(key), str)), "")
    several = low.get("values")
    if isinstance(several, list) and len(several) == 1 and _is_plain(several[0]):
        low["value"] = several[0]  # {"name": "CAR_MODEL/MAKE", "values": ["BMW"]}
    text = _text_in(low, other_than=name)
    known = label(name, page.language) if name and len(name) <= _LONGEST_LABEL else None
    if known:
        return _stated(known.key, name, text, known.unit)
    own_name = str(low.get("key") or name)
    if not (known_name := _known(own_name[-_LONGEST_NAME:])) or not str(text):
        return []
    key, unit = known_name
    return _stated(key, own_name, text, unit)


def _text_in(low: JsonObject, *, other_than: str | None = None) -> JsonValue:
    """The text or number that a dictionary has for its value; empty where it has none but its label."""
    texts = (low.get(key) for key in _TEXTS)
    return next((said for said in texts if _is_plain(said) and said != other_than), "")


def _stated(key: str, name: str, value: JsonValue, unit: str) -> list[RawField]:
    """The field that a name and its value make; none where the value is empty or its subject unknown."""
    if isinstance(value, dict):
        low = _lowered(value)
        several = low.get("values")
        if isinstance(several, list) and several:  # {"label": "Fuel", "values": [{"label": "Diesel"}]}
            return _stated(key, name, several[0], unit) if len(several) == 1 else []
        unit = _unit_in(low, key, unit)
        value = _text_in(low)
    if not _is_plain(value) or value in ("", 0):
        return []
    text = squeeze(str(int(value) if isinstance(value, float) and value.is_integer() else value))
    is_no_fact = len(text) > _LONGEST_VALUE or text.startswith(("http", "/"))
    return [] if is_no_fact or _is_unit_secret(key, value, unit) else [RawField(key, name, text, unit)]


def _is_unit_secret(key: str, value: JsonValue, unit: str) -> bool:
    """Whether only the programmer knows what a number counts."""
    return isinstance(value, (int, float)) and not unit and key in ("power", "displacement")


def _unit_in(low: JsonObject, key: str, unit: str) -> str:
    """The unit that a dictionary gives beside its value; a price's is its currency."""
    if key == "price":
        return next((str(said) for name in _CURRENCY_NAMES if (said := low.get(name))), "")
    said = low.get("unit")
    return said if not unit and isinstance(said, str) else unit


def _lowered(node: JsonObject) -> JsonObject:
    return {name.lower(): part for name, part in node.items()}


def _is_plain(value: JsonValue) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _prices(node: JsonObject, page: Page) -> list[RawField]:
    """Price and currency beside or above the car's own dictionary, such as `prices.public.priceRaw`."""
    said: list[RawField] = []
    for name, value in node.items():
        if fold(name) not in _PRICE_NAMES:
            continue
        if isinstance(value, dict):
            inner = next((part for part in value.values() if isinstance(part, dict)), {})
            said += _stated("price", name, value, "") + _fields(value, page) + _fields(inner, page)
        else:
            said += _fields({name.replace("Raw", ""): value}, page)
    return [one for one in said if one.key in ("price", "currency")]


def choose(found: list[Candidate]) -> tuple[Candidate | None, bool]:
    """The one car of the state, and whether it holds a list of them instead."""
    alone = [car for car in found if car.siblings <= 1]
    if not alone:
        return None, len(found) > 2
    first = alone[0]
    same = sum(1 for car in alone if _name(car) == _name(first))
    as_rich = sum(1 for car in alone if car.weight >= first.weight - 1)
    return (first, False) if same >= as_rich else (None, True)


def _name(candidate: Candidate) -> tuple[str, str]:
    said = {one.key: fold(one.text) for one in reversed(candidate.fields)}
    return said.get("make", ""), said.get("model", "")
