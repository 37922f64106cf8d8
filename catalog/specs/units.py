"""The one place where figures change units: from sources' units into SI, and from SI into what people read.

All factors are exact by definition (international yard and pound, US gallon, mechanical horsepower), so a
figure that goes to SI and back is itself again, up to floating-point rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

INCH = 0.0254  # m
MILE = 63_360 * INCH  # m
US_GALLON = 231 * INCH**3  # m3
LITRE = 1e-3  # m3
POUND = 0.45359237  # kg
GRAVITY = 9.80665  # m/s2
POUND_FOOT = POUND * GRAVITY * 12 * INCH  # N m
HORSEPOWER = 550 * POUND_FOOT  # W; mechanical: 550 foot-pounds a second
METRIC_HORSEPOWER = 75 * GRAVITY  # W; PS, ch, cv
KILOWATT_HOUR = 3.6e6  # J


@dataclass(frozen=True)
class Unit:
    """A unit of one quantity. `to_si` and `from_si` are inverse to each other."""

    name: str
    to_si: Callable[[float], float]
    from_si: Callable[[float], float]


def _times(name: str, factor: float) -> Unit:
    return Unit(name, lambda value: value * factor, lambda value: value / factor)


def _distance_per_volume(name: str, distance: float, volume: float) -> Unit:
    """Both ways the same division; zero has no inverse and raises ZeroDivisionError."""
    return Unit(name, lambda value: volume / (value * distance), lambda value: volume / (value * distance))


# By the name that sources, the seed and pages use. The quantity's SI unit stands behind each.
UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        _times("", 1.0),  # counts
        _times("l", LITRE),  # m3
        _times("cc", 1e-6),  # m3
        _times("cu in", INCH**3),  # m3
        _times("W", 1.0),  # W
        _times("kW", 1e3),  # W
        _times("hp", HORSEPOWER),  # W
        _times("PS", METRIC_HORSEPOWER),  # W
        _times("N m", 1.0),  # N m
        _times("lb ft", POUND_FOOT),  # N m
        _distance_per_volume("mpg", MILE, US_GALLON),  # m3/m
        _times("l/100 km", LITRE / 100e3),  # m3/m
        _times("kWh/100 mi", KILOWATT_HOUR / (100 * MILE)),  # J/m
        _times("kWh/100 km", KILOWATT_HOUR / 100e3),  # J/m
        _times("g/mi", 1e-3 / MILE),  # kg/m
        _times("g/km", 1e-3 / 1e3),  # kg/m
        _times("mi", MILE),  # m
        _times("km", 1e3),  # m
        _times("m", 1.0),  # m
        _times("mm", 1e-3),  # m
        _times("in", INCH),  # m
        _times("kg", 1.0),  # kg
        _times("lb", POUND),  # kg
        _distance_per_volume("km/l", 1e3, LITRE),  # m3/m
        _times("USD", 1.0),  # currencies stand for themselves: money is never converted
        _times("INR", 1.0),
    )
}


def range_to_si(low: float, high: float, unit: str) -> tuple[float, float]:
    """A range in SI, lowest first. Raises KeyError for an unknown unit, ZeroDivisionError for 0 mpg."""
    return _convert(low, high, UNITS[unit].to_si)


def range_from_si(low: float, high: float, unit: str) -> tuple[float, float]:
    """A range from SI into `unit`, lowest first."""
    return _convert(low, high, UNITS[unit].from_si)


def _convert(low: float, high: float, convert: Callable[[float], float]) -> tuple[float, float]:
    first, last = convert(low), convert(high)
    return min(first, last), max(first, last)
