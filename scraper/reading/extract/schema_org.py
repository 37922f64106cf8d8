"""What the nodes of schema.org state about a car: which of them the page is about, and their fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from core.text import squash
from scraper.reading.cars import RawField, RawPhoto
from scraper.reading.extract.nodes import Node, kinds, text_of, values
from scraper.reading.extract.page import Page, whole_digits
from scraper.reading.normalise.names import title
from scraper.reading.vocabulary import fold

VEHICLES = {"car", "vehicle", "motorizedvehicle", "usedcar", "newcar"}
_WRITTEN = {"review", "article", "newsarticle", "blogposting", "criticreview"}
PRODUCTS = {"product", "individualproduct", "productmodel"}
# What hangs below these is about other cars than the page's own.
_OTHERS = {"itemlistelement", "issimilarto", "isrelatedto", "makesoffer", "hasoffercatalog", "mentions", "isaccessoryorsparepartfor", "hasvariant", "isvariantof", "owns", "subjectof", "review", "associatedmedia"}  # fmt: skip
_PROPERTIES = {
    "brand": "make", "manufacturer": "make", "model": "model", "vehicleconfiguration": "trim", "vehiclemodeldate": "year",
    "modeldate": "year", "productiondate": "year", "releasedate": "year", "datevehiclefirstregistered": "first_registration",
    "bodytype": "body_style", "itemcondition": "condition", "fueltype": "fuel", "vehicletransmission": "transmission",
    "drivewheelconfiguration": "drive", "enginepower": "power", "torque": "torque", "enginedisplacement": "displacement",
    "mileagefromodometer": "mileage", "numberofdoors": "doors", "vehicleseatingcapacity": "seats", "seatingcapacity": "seats",
    "emissionsco2": "co2", "fuelconsumption": "consumption_combined", "fuelefficiency": "consumption_combined", "wheelbase": "wheelbase",
    "weight": "mass", "name": "name", "numberofforwardgears": "gears", "vehicleyear": "year", "year": "year", "mileage": "mileage",
}  # fmt: skip
_UNITS_BY_DEFAULT = {"co2": "g/km"}  # schema.org says so itself
_YEAR_ORDER = ("vehiclemodeldate", "modeldate", "year", "vehicleyear", "productiondate", "releasedate")
_MONTHLY = re.compile(r"^(?:mon|month|p1m|ann|week|wee|p1w)$", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A node of a vehicle or product with the offer or product around it; `also` says more of the same car."""

    node: Node
    around: tuple[Node, ...]
    is_vehicle: bool
    also: tuple[Found, ...] = ()


def subjects(tops: list[Node]) -> list[Found]:
    """Vehicles and products that nodes are about: not those of lists, of similar cars or of other offers of a
    dealer.
    """
    return [found for node in tops for found in _walk(node, (), 0)]


def _walk(node: Any, around: tuple[Node, ...], depth: int) -> Iterator[Found]:
    if isinstance(node, list):
        for part in node:
            yield from _walk(part, around, depth)
        return
    if not isinstance(node, dict) or depth > 8:
        return
    types = kinds(node)
    inner = list(_below(node, around, depth))
    if types & VEHICLES:
        # What a review or an article is about has to say more of itself than its name.
        yield Found(node, around, is_vehicle=not any(kinds(outer) & _WRITTEN for outer in around))
    elif types & PRODUCTS and not any(found.is_vehicle for found in inner):
        yield Found(node, around, is_vehicle=False)
    if not types & VEHICLES:
        yield from inner


def _below(node: Node, around: tuple[Node, ...], depth: int) -> Iterator[Found]:
    for name, value in node.items():
        # A dealer that makes one offer on a page offers the page's car.
        is_only = name.lower() == "makesoffer" and isinstance(value, dict)
        if (is_only or name.lower() not in _OTHERS) and isinstance(value, (dict, list)):
            yield from _walk(value, (node, *around), depth + 1)


def fields(found: Found) -> list[RawField]:
    """What a node states, the most reliable properties first."""
    node, said = found.node, []
    engine = [part for part in values(node, "vehicleengine") if isinstance(part, dict)]
    for source in (node, *engine):
        names = sorted(
            source, key=lambda name: _YEAR_ORDER.index(name.lower()) if name.lower() in _YEAR_ORDER else 99
        )
        for name in names:
            key = _PROPERTIES.get(name.lower())
            if not key or (source is not node and key in ("name", "make", "model")):
                continue
            for value in values(source, name.lower()):
                said += _stated(key, name, value)
    for part in values(node, "vehicleengine"):
        if text := (text_of(part) if not isinstance(part, dict) else text_of(part.get("name"))):
            said.append(RawField("engine", "vehicleEngine", text))
    said += _offer_fields(found)
    said += _extra(node)
    return said + [one for other in found.also for one in fields(other)]


def _stated(key: str, name: str, value: Any) -> list[RawField]:
    if key in ("make", "model", "trim", "name"):
        text = text_of(value)
        return [RawField(key, name, text)] if text and not text.startswith("http") else []
    if isinstance(value, dict):
        unit = text_of(value.get("unitCode")) or text_of(value.get("unitText"))
        text = (
            text_of(value.get("value"))
            or text_of(value.get("minValue"))
            or text_of(value.get("name"))
            or text_of(value)
        )
    else:
        unit, text = "", text_of(value)
    if not text or (
        key in ("mileage", "power", "displacement", "torque", "mass", "wheelbase") and text in ("0", "0.0")
    ):
        return []
    if text.startswith("http") or text.endswith("Configuration"):
        text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"^https?://\S*/", "", text)).replace(
            " Configuration", ""
        )
    if name.lower() == "fuelefficiency" and not unit and text.isdigit():
        return []
    return [RawField(key, name, text, unit or _UNITS_BY_DEFAULT.get(key, ""))]


def _offer_fields(found: Found) -> list[RawField]:
    """Price, currency and condition of the offer, wherever it hangs. Rates and ranges over many offers are no
    prices.
    """
    offers = [o for o in values(found.node, "offers") if isinstance(o, dict)]
    for outer in found.around:
        offers += (
            [outer]
            if kinds(outer) & {"offer", "offerforpurchase"}
            else [o for o in values(outer, "offers") if isinstance(o, dict)]
        )
    said = []
    for offer in offers:
        if "offerforlease" in kinds(offer) or "LeaseOut" in text_of(offer.get("businessFunction")):
            continue
        if "aggregateoffer" in kinds(offer) and not values(offer, "price"):
            low, high = text_of(offer.get("lowPrice")), text_of(offer.get("highPrice"))
            if low and low == high:
                said.append(RawField("price", "lowPrice", low, text_of(offer.get("priceCurrency"))))
            continue
        for holder in (offer, *[p for p in values(offer, "pricespecification") if isinstance(p, dict)]):
            said += _price(holder, text_of(offer.get("priceCurrency")))
        said += [RawField("condition", "itemCondition", text_of(c)) for c in values(offer, "itemcondition")]
    amounts = {whole_digits(one.text) for one in said if one.key == "price"}
    return said if len(amounts) <= 1 else [one for one in said if one.key != "price"]


def _price(holder: Node, currency: str) -> list[RawField]:
    per = [
        text_of(holder.get(name)) for name in ("unitCode", "unitText", "billingDuration", "billingIncrement")
    ]
    if any(_MONTHLY.match(text) for text in per if text) or values(holder, "referencequantity"):
        return []
    own = text_of(holder.get("priceCurrency")) or currency
    texts = [text_of(price) for price in values(holder, "price")]
    # Structured numbers have a decimal point, but "24.500" is a template's grouped number.
    return [
        RawField("price", "price", re.sub(r"^(\d+)\.(?:\d{1,2}|0+)$", r"\1", text), own)
        for text in texts
        if text and text not in ("0", "0.00")
    ]


def _extra(node: Node) -> list[RawField]:
    """additionalProperty: name and value as a table of its own; labels are looked up like those of a table."""
    from scraper.reading.vocabulary import label

    said = []
    for part in values(node, "additionalproperty"):
        if (
            isinstance(part, dict)
            and (name := text_of(part.get("name")))
            and (text := text_of(part.get("value")))
        ):
            known = label(name, "en")
            unit = (
                text_of(part.get("unitText"))
                or text_of(part.get("unitCode"))
                or (known.unit if known else "")
            )
            said.append(RawField(known.key if known else "", name, text, unit))
    return said


def photos(found: Found, page: Page) -> tuple[RawPhoto, ...]:
    """The photos of a node, each address once."""
    seen: dict[str, RawPhoto] = {}
    others = [other.node for other in found.also]
    for outer in (found.node, *found.around[:1], *others):
        for value in values(outer, "image"):
            address = (
                text_of(value.get("contentUrl") or value.get("url") or value.get("@id") or "")
                if isinstance(value, dict)
                else text_of(value)
            )
            if address and (whole := page.absolute(address)):
                seen.setdefault(whole, RawPhoto(whole, alt=text_of(found.node.get("name"))))
    return tuple(seen.values())


def identity(found: Found) -> str:
    """What tells this car from others of the page: VIN or stock number, else its name."""
    for name in ("vehicleidentificationnumber", "sku", "productid", "identifier", "mpn"):
        if said := values(found.node, name):
            return text_of(said[0])
    return ""


def car_like(found: Found) -> bool:
    """Whether a product is a car: its name starts with a make and model, or it carries properties that only
    cars have.
    """
    if found.is_vehicle:
        return True
    stated = {field.key for field in fields(found)}
    return bool(stated & {"mileage", "fuel", "transmission", "displacement", "body_style"})


def name_of(found: Found) -> str:
    """The name of a node, folded."""
    return fold(text_of(found.node.get("name") or ""))


def choose(found: list[Found], page: Page) -> tuple[Found | None, bool]:
    """The one node that the page is about, and whether there are several cars instead.

    Several nodes of one car (same VIN, same name) count as one; of several cars the one counts that the
    page's address or heading names.
    """
    vehicles = [f for f in found if f.is_vehicle] or [f for f in found if car_like(f)]
    if not vehicles:
        named = [f for f in found if title(text_of(f.node.get("name") or "")).model]
        named = named if len(named) == 1 else [f for f in named if _named(f, page)]
        return (named[0] if len(named) == 1 else None), False
    groups: dict[str, list[Found]] = {}
    for one in vehicles:
        groups.setdefault(squash(name_of(one)) or identity(one) or "?", []).append(one)
    best = [_joined(group) for group in groups.values()]
    if len(best) == 1:
        distinct = {identity(f) for f in vehicles} - {""}
        return (best[0], False) if len(distinct) <= 2 else (None, True)
    named = [f for f in best if _named(f, page)]
    return (named[0], False) if len(named) == 1 else (None, True)


def _joined(group: list[Found]) -> Found:
    """The node that says most, with the others of the same name that are not another car's."""
    best = max(group, key=lambda f: len(fields(f)))
    number = identity(best)
    also = (f for f in group if f is not best and not (number and identity(f) and identity(f) != number))
    return replace(best, also=tuple(also))


def _named(found: Found, page: Page) -> bool:
    number = identity(found)
    if len(number) > 4 and number.lower() in page.url.lower():
        return True
    address = text_of(found.node.get("url") or found.node.get("@id") or "")
    if address.startswith("http") and page.url and page.absolute(address).rstrip("/") == page.url.rstrip("/"):
        return True
    name = name_of(found)
    return bool(name) and bool(title(name).make) and any(squash(name) in squash(h) for h in page.headings)
