"""Figures as curators read and write them: in the units that pages show. They are stored in SI units."""

from __future__ import annotations

from catalog.specs.units import range_from_si, range_to_si
from catalog.specs.vocabulary import SpecKind


def shown(kind: SpecKind, value: float) -> float:
    """A stored figure in the unit of pages, with two decimals more than these show."""
    unit, decimals = kind.display_unit("metric")
    return round(range_from_si(value, value, unit)[0], decimals + 2)


def stored(kind: SpecKind, value: float) -> float:
    """A figure in the unit of pages as it is stored."""
    return range_to_si(value, value, kind.display_unit("metric")[0])[0]
