"""The vocabulary of specs: every typed fact that a variant can have, with its unit and how people read it.

Numbers are stored in the SI-based unit given here; pages convert for display. Adding a fact is a line in `SPECS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SpecKind:
    """One kind of fact. `unit` is how it is stored; text facts have none."""

    key: str
    label: str
    group: str
    kind: Literal["number", "text"]
    unit: str = ""


SPECS: dict[str, SpecKind] = {
    spec.key: spec
    for spec in (
        SpecKind("fuel", "Fuel", "Engine", "text"),
        SpecKind("displacement", "Displacement", "Engine", "number", "m3"),
        SpecKind("cylinders", "Cylinders", "Engine", "number"),
        SpecKind("aspiration", "Aspiration", "Engine", "text"),
        SpecKind("power", "Power", "Engine", "number", "W"),
        SpecKind("torque", "Torque", "Engine", "number", "N m"),
        SpecKind("transmission", "Transmission", "Drivetrain", "text"),
        SpecKind("drive", "Drive", "Drivetrain", "text"),
        SpecKind("consumption_city", "Consumption, city", "Consumption", "number", "m3/m"),
        SpecKind("consumption_highway", "Consumption, highway", "Consumption", "number", "m3/m"),
        SpecKind("consumption_combined", "Consumption, combined", "Consumption", "number", "m3/m"),
        SpecKind("electricity_combined", "Electricity, combined", "Consumption", "number", "J/m"),
        SpecKind("electric_range", "Electric range", "Consumption", "number", "m"),
        SpecKind("co2", "CO₂ at the tailpipe", "Consumption", "number", "kg/m"),
        SpecKind("doors", "Doors", "Body", "number"),
        SpecKind("seats", "Seats", "Body", "number"),
        SpecKind("size_class", "Size class", "Body", "text"),
        SpecKind("length", "Length", "Body", "number", "m"),
        SpecKind("width", "Width", "Body", "number", "m"),
        SpecKind("height", "Height", "Body", "number", "m"),
        SpecKind("wheelbase", "Wheelbase", "Body", "number", "m"),
        SpecKind("mass", "Kerb mass", "Body", "number", "kg"),
        SpecKind("price", "List price when new", "Price", "number"),
    )
}
