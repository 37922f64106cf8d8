"""What a vehicle or product that is marked up by the words of schema.org states: fields, photos, identity."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scraper.reading.cars import RawField, RawPhoto
from scraper.reading.extract.nodes import Node, nodes_in, text_of, values
from scraper.reading.extract.offers import offer_fields
from scraper.reading.extract.page import Page
from scraper.reading.json_values import JsonValue
from scraper.reading.vocabulary import Label, label

_PROPERTIES = {
    "brand": "make", "manufacturer": "make", "model": "model", "vehicleconfiguration": "trim", "name": "name",
    "vehiclemodeldate": "year", "modeldate": "year", "productiondate": "year", "releasedate": "year",
    "vehicleyear": "year", "year": "year", "datevehiclefirstregistered": "first_registration",
    "bodytype": "body_style", "itemcondition": "condition", "fueltype": "fuel",
    "vehicletransmission": "transmission", "numberofforwardgears": "gears",
    "drivewheelconfiguration": "drive", "enginepower": "power", "torque": "torque",
    "enginedisplacement": "displacement", "mileagefromodometer": "mileage", "mileage": "mileage",
    "numberofdoors": "doors", "vehicleseatingcapacity": "seats", "seatingcapacity": "seats",
    "emissionsco2": "co2", "fuelconsumption": "consumption_combined",
    "fuelefficiency": "consumption_combined", "wheelbase": "wheelbase", "weight": "mass",
}  # fmt: skip
_UNITS_BY_DEFAULT = {"co2": "g/km"}  # schema.org says so itself
# Of several dates the first of these is the model year.
_YEAR_ORDER = ("vehiclemodeldate", "modeldate", "year", "vehicleyear", "productiondate", "releasedate")
_NAMES = ("make", "model", "trim", "name")
_NOT_OF_AN_ENGINE = ("name", "make", "model")
_NEVER_ZERO = ("mileage", "power", "displacement", "torque", "mass", "wheelbase")
_IDENTITIES = ("vehicleidentificationnumber", "sku", "productid", "identifier", "mpn")


@dataclass(frozen=True)
class MarkedCar:
    """A node of a vehicle or product with its offer or product; `also` are more nodes of the same car."""

    node: Node
    around: tuple[Node, ...]
    is_vehicle: bool
    also: tuple[MarkedCar, ...] = ()


def fields(car: MarkedCar) -> list[RawField]:
    """What a node states, the most reliable properties first."""
    said = _properties(car.node)
    for engine in nodes_in(car.node, "vehicleengine"):
        said += [one for one in _properties(engine) if one.key not in _NOT_OF_AN_ENGINE]
    said += _engine_names(car.node) + offer_fields(car.node, car.around) + _additional(car.node)
    return said + [one for other in car.also for one in fields(other)]


def _properties(node: Node) -> list[RawField]:
    said = []
    spellings: dict[str, str] = {}
    for name in node:
        if name.lower() in _PROPERTIES:
            spellings.setdefault(name.lower(), name)
    for known in sorted(spellings, key=_rank):
        for value in values(node, known):
            said += _stated(_PROPERTIES[known], spellings[known], value)
    return said


def _rank(name: str) -> int:
    return _YEAR_ORDER.index(name) if name in _YEAR_ORDER else len(_YEAR_ORDER)


def _stated(key: str, name: str, value: JsonValue) -> list[RawField]:
    if key in _NAMES:
        text = text_of(value)
        return [RawField(key, name, text)] if text and not text.startswith("http") else []
    text, unit = _quantity(value) if isinstance(value, dict) else (text_of(value), "")
    if not text or (key in _NEVER_ZERO and text in ("0", "0.0")):
        return []
    text = _spoken(text)
    if name.lower() == "fuelefficiency" and not unit and text.isdigit():
        return []  # a rate of unknown units: litres, miles or kilometres
    return [RawField(key, name, text, unit or _UNITS_BY_DEFAULT.get(key, ""))]


def _quantity(value: Node) -> tuple[str, str]:
    """Figure and unit of a QuantitativeValue."""
    figure = text_of(value.get("value")) or text_of(value.get("minValue"))
    unit = text_of(value.get("unitCode")) or text_of(value.get("unitText"))
    return figure or text_of(value.get("name")) or text_of(value), unit


def _spoken(text: str) -> str:
    """The words of an enumeration.

    "https://schema.org/FrontWheelDriveConfiguration" is a front wheel drive.
    """
    if not text.startswith("http") and not text.endswith("Configuration"):
        return text
    last = re.sub(r"^https?://\S*/", "", text)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last).replace(" Configuration", "")


def _engine_names(node: Node) -> list[RawField]:
    engines = values(node, "vehicleengine")
    names = (text_of(one.get("name")) if isinstance(one, dict) else text_of(one) for one in engines)
    return [RawField("engine", "vehicleEngine", name) for name in names if name]


def _additional(node: Node) -> list[RawField]:
    """additionalProperty: a table of names and values; names are looked up like a table's labels."""
    said = []
    for part in nodes_in(node, "additionalproperty"):
        name, text = text_of(part.get("name")), text_of(part.get("value"))
        if not name or not text:
            continue
        known = label(name, "en") or Label("")
        unit = text_of(part.get("unitText")) or text_of(part.get("unitCode")) or known.unit
        said.append(RawField(known.key, name, text, unit))
    return said


def photos(car: MarkedCar, page: Page) -> tuple[RawPhoto, ...]:
    """The photos of a node, each address once."""
    seen: dict[str, RawPhoto] = {}
    alt = text_of(car.node.get("name"))
    for node in (car.node, *car.around[:1], *(other.node for other in car.also)):
        for image in values(node, "image"):
            address = _address(image)
            if address and (whole := page.absolute(address)):
                seen.setdefault(whole, RawPhoto(whole, alt=alt))
    return tuple(seen.values())


def _address(image: JsonValue) -> str:
    if isinstance(image, dict):
        return text_of(image.get("contentUrl") or image.get("url") or image.get("@id") or "")
    return text_of(image)


def identity(car: MarkedCar) -> str:
    """What tells this car from others of the page: VIN or stock number; empty where it has none."""
    said = (values(car.node, name) for name in _IDENTITIES)
    return next((text_of(found[0]) for found in said if found), "")
