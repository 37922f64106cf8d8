"""The vocabulary of specs: every typed fact that a variant can have, with its unit and how people read it.

Numbers are stored in the SI-based unit given here; pages convert for display (see `catalog.specs.units`).
Adding a fact is a line in `SPECS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from catalog.choices import FactWord
from core.text import slug

UnitSystem = Literal["metric", "imperial"]


@dataclass(frozen=True)
class SpecKind:
    """One kind of fact. `unit` is how it is stored; text facts and counts have none.

    `metric` and `imperial` are the units people read it in, each with its number of decimals. `powertrain`
    says which cars can have it: the consumption of petrol says nothing about an electric car.
    """

    key: str
    label: str
    group: str
    kind: Literal["number", "text"]
    unit: str = ""
    metric: tuple[str, int] = ("", 0)
    imperial: tuple[str, int] = ("", 0)
    powertrain: Literal["any", "fuel", "plug"] = "any"

    @property
    def label_with_unit(self) -> str:
        """What staff choose it by, with the unit that they then write figures in: "Power (kW)"."""
        unit = self.metric[0]
        return f"{self.label} ({unit})" if unit else self.label

    def display_unit(self, system: UnitSystem) -> tuple[str, int]:
        """Unit and decimals that people of this system read."""
        return self.imperial if system == "imperial" else self.metric


_POWER = ("W", ("kW", 0), ("hp", 0))
_VOLUME = ("m3", ("l", 1), ("l", 1))
_CONSUMPTION = ("m3/m", ("l/100 km", 1), ("mpg", 0))
_SIZE = ("m", ("mm", 0), ("in", 1))

SPECS: dict[str, SpecKind] = {
    spec.key: spec
    for spec in (
        SpecKind("fuel", "Fuel", "Engine", "text"),
        SpecKind("fuel_grade", "Fuel grade", "Engine", "text", powertrain="fuel"),
        SpecKind("displacement", "Displacement", "Engine", "number", *_VOLUME, powertrain="fuel"),
        SpecKind("cylinders", "Cylinders", "Engine", "number", powertrain="fuel"),
        SpecKind("aspiration", "Aspiration", "Engine", "text", powertrain="fuel"),
        SpecKind("power", "Power", "Engine", "number", *_POWER),
        SpecKind("torque", "Torque", "Engine", "number", "N m", ("N m", 0), ("lb ft", 0)),
        SpecKind("transmission", "Transmission", "Drivetrain", "text"),
        SpecKind("drive", "Drive", "Drivetrain", "text"),
        SpecKind(
            "consumption_city", "Consumption, city", "Consumption", "number", *_CONSUMPTION, powertrain="fuel"
        ),
        SpecKind(
            "consumption_highway",
            "Consumption, highway",
            "Consumption",
            "number",
            *_CONSUMPTION,
            powertrain="fuel",
        ),
        SpecKind(
            "consumption_combined",
            "Consumption, combined",
            "Consumption",
            "number",
            *_CONSUMPTION,
            powertrain="fuel",
        ),
        SpecKind(
            "electricity_combined",
            "Electricity, combined",
            "Consumption",
            "number",
            "J/m",
            ("kWh/100 km", 1),
            ("kWh/100 mi", 1),
            powertrain="plug",
        ),
        SpecKind(
            "electric_range",
            "Electric range",
            "Consumption",
            "number",
            "m",
            ("km", 0),
            ("mi", 0),
            powertrain="plug",
        ),
        SpecKind("co2", "CO₂ at the tailpipe", "Consumption", "number", "kg/m", ("g/km", 0), ("g/mi", 0)),
        SpecKind("doors", "Doors", "Body", "number"),
        SpecKind("seats", "Seats", "Body", "number"),
        SpecKind("size_class", "Size class", "Body", "text"),
        SpecKind("offered_as", "Model offered as", "Body", "text"),
        SpecKind("length", "Length", "Body", "number", *_SIZE),
        SpecKind("width", "Width", "Body", "number", *_SIZE),
        SpecKind("height", "Height", "Body", "number", *_SIZE),
        SpecKind("wheelbase", "Wheelbase", "Body", "number", *_SIZE),
        SpecKind("mass", "Kerb mass", "Body", "number", "kg", ("kg", 0), ("lb", 0)),
        SpecKind("price", "List price when new", "Price", "number"),
    )
}

# The words of the `fuel` fact, by what filters call them. A variant sold with several engines has several.
FUELS: dict[str, str] = {
    slug(name): name
    for name in (
        "Petrol",
        "Diesel",
        "Hybrid",
        "Plug-in hybrid",
        "Electric",
        "Flex-fuel",
        "Natural gas",
        "LPG",
        "Hydrogen",
    )
}
# What joins several words of one text fact.
SEPARATOR = "; "

_GEARBOXES = ("Automatic", "Automated", "Continuously", "Dual clutch", "Single gear")
# What a car is searched by besides its names: a kind of fact, and what its text has to hold.
FACT_WORDS: dict[FactWord, tuple[str, ...]] = {
    FactWord.PETROL: ("fuel", "; Petrol;"),
    FactWord.DIESEL: ("fuel", "; Diesel;"),
    FactWord.HYBRID: ("fuel", "; Hybrid;", "; Plug-in hybrid;"),
    FactWord.PLUG_IN: ("fuel", "; Plug-in hybrid;"),
    FactWord.ELECTRIC: ("fuel", "; Electric;"),
    FactWord.FLEX_FUEL: ("fuel", "; Flex-fuel;"),
    FactWord.NATURAL_GAS: ("fuel", "; Natural gas;"),
    FactWord.LPG: ("fuel", "; LPG;"),
    FactWord.HYDROGEN: ("fuel", "; Hydrogen;"),
    FactWord.AUTOMATIC: ("transmission", *(f"; {gearbox}" for gearbox in _GEARBOXES)),
    FactWord.MANUAL: ("transmission", "; Manual"),
    FactWord.ALL_WHEELS: ("drive", "All-wheel", "all-wheel", "Four-wheel", "four-wheel"),
    FactWord.FRONT_WHEELS: ("drive", "Front-wheel"),
    FactWord.REAR_WHEELS: ("drive", "Rear-wheel"),
}
