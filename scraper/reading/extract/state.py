"""State that a page carries for its own scripts: `__NEXT_DATA__`, `__INITIAL_STATE__`, `__NUXT__`, JSON
scripts.

Its names are programmers' words, so a dictionary counts as a car only if it names make and model and at least
three facts more; a bare number counts only if its name says the unit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from lxml import etree

from scraper.reading.cars import RawField
from scraper.reading.extract.page import Page, squeeze
from scraper.reading.vocabulary import fold, label

# The value first and the name before it after that: minified scripts are all names.
_ASSIGNED = re.compile(r"=\s*(?:JSON\.parse\(\s*)?(?P<start>[{\[\"'])")
_NAME = re.compile(r"(?P<name>[\w$]{1,40})(?:[\"']\s*\])?\s*$")
_PUSHED_ROWS = re.compile(r"""__next_f\.push\(\s*\[\s*1\s*,\s*("(?:\\.|[^"\\])*")""")
_JSON_ATTRIBUTES = etree.XPath("//@*[string-length() > 80 and starts-with(., '{') and contains(., 'model')]")
_PER_PAGE = 20
_PUSHED = re.compile(r"\bdataLayer\.push\(\s*(?P<start>\{)")
_ESCAPES = re.compile(r"\\(?:x(?P<code>[0-9a-fA-F]{2})|(?P<other>[^\"\\/bfnrtu]))")
_NAMES = {
    "initialstate", "preloadedstate", "nuxt", "nextdata", "apollostate", "initialdata", "initialprops", "appstate", "reduxstate", "state", "data",
    "config", "preflight", "staticrouterhydrationdata", "bonnetdata", "remixcontext", "vehicle", "vehicles", "listing", "car", "cardata", "vehicledata", "pagedata", "initialcontextvalue", "props", "advert", "ad", "digitaldata", "utagdata", "datalayer",
}  # fmt: skip
_KEYS = {
    "make": "make", "makename": "make", "brand": "make", "brandname": "make", "manufacturer": "make", "makelabel": "make", "maketitle": "make", "marke": "make", "marque": "make", "marca": "make",
    "model": "model", "modelname": "model", "modellabel": "model", "modell": "model", "modele": "model", "modelo": "model", "modello": "model",
    "trim": "trim", "trimname": "trim", "version": "trim", "variant": "trim", "versionname": "trim", "variantname": "trim", "modelversioninput": "trim", "derivative": "trim",
    "modelyear": "year", "yearmodel": "year", "constructionyear": "year", "registrationyear": "year", "year": "year", "productionyear": "year", "yearofmanufacture": "year", "manufactureyear": "year", "vehicleyear": "year", "makeyear": "year", "regdate": "year",
    "firstregistrationdate": "first_registration", "firstregistration": "first_registration", "registrationdate": "first_registration", "firstregistrationdateraw": "first_registration",
    "bodytype": "body_style", "bodystyle": "body_style", "bodytypename": "body_style",
    "fueltype": "fuel", "fuel": "fuel", "fueltypename": "fuel", "fuelcategory": "fuel", "primaryfuel": "fuel",
    "transmission": "transmission", "gearbox": "transmission", "transmissiontype": "transmission", "transmissionname": "transmission",
    "drivetrain": "drive", "drivetype": "drive", "drivetraintype": "drive", "driveline": "drive",
    "engine": "engine", "enginename": "engine", "enginedescription": "engine",
    "mileage": "mileage", "odometer": "mileage", "mileageinkm": "mileage|km", "mileageinkmraw": "mileage|km", "mileagekm": "mileage|km", "kilometers": "mileage|km", "odometerkm": "mileage|km", "mileageinmiles": "mileage|mi", "odometerinmiles": "mileage|mi", "kmdriven": "mileage|km", "kilometrage": "mileage|km", "milesdriven": "mileage|mi",
    "power": "power", "enginepower": "power", "powerinkw": "power|kW", "rawpowerinkw": "power|kW", "powerkw": "power|kW", "kw": "power|kW", "powerinhp": "power|PS", "rawpowerinhp": "power|PS", "horsepower": "power|hp", "powerhp": "power|hp", "powerps": "power|PS", "bhp": "power|bhp", "enginepowerbhp": "power|bhp", "powerbhp": "power|bhp",
    "displacement": "displacement", "enginedisplacement": "displacement", "enginesize": "displacement", "enginecapacity": "displacement", "displacementinccm": "displacement|cc", "rawdisplacementinccm": "displacement|cc", "enginecc": "displacement|cc", "cubiccapacity": "displacement|cc", "enginecapacitycc": "displacement|cc", "enginesizecc": "displacement|cc", "enginesizelitres": "displacement|l",
    "price": "price", "askingprice": "price", "saleprice": "price", "sellingprice": "price", "listprice": "price", "pricelabel": "price", "formattedprice": "price", "priceformatted": "price", "internetprice": "price", "finalprice": "price", "pricefordisplay": "price", "pricedisplay": "price", "displayprice": "price", "priceamount": "price",
    "currency": "currency", "pricecurrency": "currency", "currencycode": "currency",
    "doors": "doors", "numberofdoors": "doors", "seats": "seats", "numberofseats": "seats",
}  # fmt: skip
_LABELS = ("key_label", "label", "name", "title", "displayname", "key")
_TEXTS = (
    "value_label",
    "formattedvalue",
    "formatted",
    "displayvalue",
    "displaytext",
    "label",
    "name",
    "value",
    "text",
    "valuetext",
    "displaynamevalue",
    "localized",
)
_CURRENCY_NAMES = ("currency", "currencycode", "pricecurrency")
_LARGEST = 3_000_000
_DEEPEST = 14
_MANY = 60
_NODES = 20_000
_PER_SCRIPT = 6
_ENOUGH = 5


@dataclass
class Candidate:
    """A dictionary that looks like a car, and the number of its like that stand in the same list."""

    fields: list[RawField]
    siblings: int
    weight: int


def states(page: Page) -> Iterator[Any]:
    """The JSON values in the page's scripts."""
    for kind, name, text in page.scripts:
        if "ld+json" in kind or not text or len(text) > _LARGEST:
            continue
        stripped = text.strip()
        if name == "__NUXT_DATA__":
            yield from (_revived(value) for value in _parsed(stripped))
        elif "json" in kind.lower() or name == "__NEXT_DATA__":
            yield from _parsed(_plain_json(stripped))
        elif "{" in stripped:
            for match in islice(_assigned(stripped), _PER_SCRIPT):
                yield from _parsed(stripped[match.start("start") :], is_text=match["start"] in "\"'")
    yield from _flight(page)
    yield from _in_attributes(page)


def _plain_json(text: str) -> str:
    """Angular hands its state over with entities of its own."""
    if not text.startswith(("{&q;", "[&q;")):
        return text
    for entity, sign in (("&q;", '"'), ("&s;", "'"), ("&l;", "<"), ("&g;", ">"), ("&a;", "&")):
        text = text.replace(entity, sign)
    return text


def _revived(data: Any) -> Any:
    """Nuxt lists all values once, and a value names others by their place in the list."""
    if not isinstance(data, list):
        return None

    made: dict[int, Any] = {}

    def at(place: Any, depth: int) -> Any:
        if not isinstance(place, int) or not 0 <= place < len(data) or depth > _DEEPEST:
            return None
        if place not in made:
            made[place] = None  # a value that holds itself
            made[place] = whole(data[place], depth + 1)
        return made[place]

    def whole(value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            return {name: at(part, depth) for name, part in value.items()}
        if isinstance(value, list) and value and isinstance(value[0], str):  # ["Reactive", 12]
            return at(value[1], depth) if len(value) == 2 else None
        return [at(part, depth) for part in value] if isinstance(value, list) else value

    return at(0, 0)


def _flight(page: Page) -> Iterator[Any]:
    """What Next.js streams to the page: pieces of text that make rows of JSON together."""
    pieces = [m[1] for _, _, text in page.scripts if "__next_f" in text for m in _PUSHED_ROWS.finditer(text)]
    rows = "".join(said for piece in pieces for said in _parsed(piece) if isinstance(said, str))
    for row in rows.split("\n"):
        _, _, value = row.partition(":")
        if value.startswith(("[", "{")) and len(value) < _LARGEST:
            yield from _parsed(value)


def _in_attributes(page: Page) -> Iterator[Any]:
    """State in attributes, such as `data-vehicle='{"make": …}'`."""
    for value in islice(_JSON_ATTRIBUTES(page.root), _PER_PAGE):
        yield from _parsed(value.strip())


def _assigned(script: str) -> Iterator[re.Match[str]]:
    """Where a script gives a value to one of the names that states have, or pushes it for its analytics."""
    for match in _ASSIGNED.finditer(script):
        name = _NAME.search(script[max(0, match.start() - 50) : match.start()])
        if name and _plain(name["name"]) in _NAMES:
            yield match
    if "dataLayer" in script:
        yield from _PUSHED.finditer(script)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("$", "").lower()


def _parsed(text: str, *, is_text: bool = False) -> Iterator[Any]:
    decoder = json.JSONDecoder(strict=False)
    try:
        if is_text:
            quote = re.match(r"""(["'])((?:\\.|(?!\1)[^\\])*)\1""", text, re.DOTALL)
            inner = (
                json.loads(
                    '"' + quote[2].replace("\\'", "'").replace('"', '\\"').replace('\\\\"', '\\"') + '"',
                    strict=False,
                )
                if quote
                else ""
            )
            value, _ = decoder.raw_decode(inner.strip())
        else:
            value, _ = _decoded(decoder, text)
    except (ValueError, RecursionError):
        return
    yield value


def _decoded(decoder: json.JSONDecoder, text: str) -> tuple[Any, int]:
    """JSON at the start of a text, or what JavaScript allows beside it: `undefined`, "\\x20" and "\\-"."""
    try:
        return decoder.raw_decode(text)
    except ValueError:
        text = re.sub(r":\s*undefined\b", ":null", text[:_LARGEST])
        if "\\" in text:
            text = _ESCAPES.sub(lambda m: f"\\u00{m['code']}" if m["code"] else m["other"], text)
        return decoder.raw_decode(re.sub(r",(\s*[}\]])", r"\1", text))


def cars(page: Page) -> list[Candidate]:
    """Car-like dictionaries of all states, the richest first."""
    found: list[Candidate] = []
    for state in states(page):
        for node, around, siblings in islice(_dictionaries(state, (), 1), _NODES):
            said = _fields(node, page)
            keys = {one.key for one in said}
            if {"make", "model"} <= keys and len(keys) >= _ENOUGH:
                said += [one for outer in around[:2] for one in _prices(outer, page) if "price" not in keys]
                found.append(Candidate(said, siblings, len(keys)))
            if len(found) > _MANY:
                break
    return sorted(found, key=lambda c: c.weight, reverse=True)


def _dictionaries(
    value: Any, around: tuple[dict[str, Any], ...], siblings: int
) -> Iterator[tuple[dict[str, Any], tuple[dict[str, Any], ...], int]]:
    """Every dictionary with those around it and the size of the list that it stands in."""
    if isinstance(value, list):
        count = sum(1 for part in value if isinstance(part, dict))
        for part in value:
            yield from _dictionaries(part, around, max(siblings, count))
    elif isinstance(value, dict) and len(around) < _DEEPEST:
        yield value, around, siblings
        for part in value.values():
            if isinstance(part, (dict, list)):
                yield from _dictionaries(part, (value, *around), siblings)


@lru_cache(maxsize=20_000)
def _known(name: str) -> str:
    """What a programmer's name stands for, with the unit that it says; empty where it isn't known."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    last = re.sub(r"[^a-z]", "", name.rsplit("/", 1)[-1].lower()).removesuffix("resolved")
    return _KEYS.get(plain) or _KEYS.get(last, "")


def _fields(node: dict[str, Any], page: Page) -> list[RawField]:
    said: list[RawField] = []
    for name, value in node.items():
        if known := _known(name):
            key, _, unit = known.partition("|")
            said += _stated(key, name, value, unit)
        elif isinstance(value, list) and len(value) >= 4:
            said += [one for part in value if isinstance(part, dict) for one in _listed(part, page)]
    return said


def _listed(part: dict[str, Any], page: Page) -> list[RawField]:
    """One entry of a list of {label, value}."""
    low = {name.lower(): value for name, value in part.items()}
    name = next((low[key] for key in _LABELS if isinstance(low.get(key), str)), "")
    several = low.get("values")
    if isinstance(several, list) and len(several) == 1 and _is_plain(several[0]):
        low["value"] = several[0]  # {"name": "CAR_MODEL/MAKE", "values": ["BMW"]}
    text = next(
        (
            low[key]
            for key in _TEXTS
            if isinstance(low.get(key), (str, int, float))
            and low[key] != name
            and not isinstance(low[key], bool)
        ),
        "",
    )
    known = label(name, page.language) if name and len(name) < 60 else None
    if not known:
        own_key = str(low.get("key") or name)
        known_key = _known(own_key)
        if not known_key or not str(text):
            return []
        key, _, unit = known_key.partition("|")
        return _stated(key, own_key, text, unit)
    return _stated(known.key, name, text, known.unit)


def _stated(key: str, name: str, value: Any, unit: str) -> list[RawField]:
    if isinstance(value, dict):
        low = {inner.lower(): part for inner, part in value.items()}
        if (
            isinstance(low.get("values"), list) and low["values"]
        ):  # {"label": "Fuel", "values": [{"label": "Diesel"}]}
            return _stated(key, name, low["values"][0], unit) if len(low["values"]) == 1 else []
        if key == "price":
            unit = next((str(low[c]) for c in _CURRENCY_NAMES if low.get(c)), "")
        elif not unit and isinstance(low.get("unit"), str):
            unit = low["unit"]
        value = next((low[text] for text in _TEXTS if _is_plain(low.get(text))), "")
    if isinstance(value, bool) or value is None or isinstance(value, list) or value in ("", 0):
        return []
    text = squeeze(str(int(value) if isinstance(value, float) and value.is_integer() else value))
    if len(text) > 120 or text.startswith(("http", "/")):
        return []
    if isinstance(value, (int, float)) and not unit and key in ("power", "displacement"):
        return []  # the unit is a programmer's secret
    return [RawField(key, name, text, unit)]


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _prices(node: dict[str, Any], page: Page) -> list[RawField]:
    """Price and currency beside or above the car's own dictionary, such as `prices.public.priceRaw`."""
    said = []
    for name, value in node.items():
        plain = fold(name)
        if plain in ("price", "prices", "pricing", "pricelabel", "priceraw", "currency", "pricecurrency"):
            if isinstance(value, dict):
                inner = next((v for v in value.values() if isinstance(v, dict)), {})
                said += _stated("price", name, value, "") + _fields(value, page) + _fields(inner, page)
            else:
                said += _fields({name.replace("Raw", ""): value}, page)
    return [one for one in said if one.key in ("price", "currency")]


def choose(found: list[Candidate]) -> tuple[Candidate | None, bool]:
    """The one car of the state, and whether it holds a list of them instead."""
    alone = [c for c in found if c.siblings <= 1]
    if alone:
        first = alone[0]
        same = [c for c in alone if _name(c) == _name(first)]
        return (
            (first, False)
            if len(same) >= len([c for c in alone if c.weight >= first.weight - 1])
            else (None, True)
        )
    return None, len(found) > 2


def _name(candidate: Candidate) -> tuple[str, str]:
    said = {one.key: fold(one.text) for one in reversed(candidate.fields)}
    return said.get("make", ""), said.get("model", "")
