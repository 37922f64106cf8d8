"""Figures change units in one place, exactly, and come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.specs.units import UNITS, range_from_si, range_to_si
from catalog.specs.vocabulary import SPECS

FIGURES = st.floats(min_value=1e-3, max_value=1e7, allow_nan=False)


@pytest.mark.parametrize(
    ("figure", "unit", "si"),
    [
        (1, "mpg", 2.352145833333333e-06),  # 235.2145833… l/100 km is one mile a gallon
        (235.2145833333333, "l/100 km", 2.352145833333333e-06),
        (1, "hp", 745.6998715822702),
        (1, "PS", 735.49875),
        (1, "cu in", 1.6387064e-05),
        (2.0, "l", 0.002),
        (1984, "cc", 0.001984),
        (1, "mi", 1609.344),
        (1609.344, "g/mi", 1e-3),
        (1, "g/km", 1e-6),
        (1, "lb", 0.45359237),
        (1, "lb ft", 1.3558179483314004),
        (34, "kWh/100 mi", 34 * 3.6e6 / 160934.4),
        (4, "", 4),
        (40650, "USD", 40650),
    ],
)
def test_a_figure_in_si_is_what_the_definitions_say(figure: float, unit: str, si: float) -> None:
    assert range_to_si(figure, figure, unit) == pytest.approx((si, si), rel=1e-12)


@given(low=FIGURES, high=FIGURES, unit=st.sampled_from(sorted(UNITS)))
def test_a_range_comes_back_from_si_as_it_was(low: float, high: float, unit: str) -> None:
    low, high = sorted((low, high))
    si = range_to_si(low, high, unit)
    assert si[0] <= si[1]
    assert range_from_si(*si, unit) == pytest.approx((low, high), rel=1e-12)


@given(figure=FIGURES)
def test_more_miles_a_gallon_mean_less_consumption(figure: float) -> None:
    assert UNITS["mpg"].to_si(figure * 1.1) < UNITS["mpg"].to_si(figure)
    assert UNITS["l/100 km"].from_si(UNITS["mpg"].to_si(figure)) == pytest.approx(235.2145833333333 / figure)


def test_a_range_of_miles_a_gallon_turns_round() -> None:
    low, high = range_to_si(20, 25, "mpg")
    assert (low, high) == (UNITS["mpg"].to_si(25), UNITS["mpg"].to_si(20))


def test_an_unknown_unit_and_zero_miles_a_gallon_are_refused() -> None:
    with pytest.raises(KeyError):
        range_to_si(1, 1, "furlongs")
    with pytest.raises(ZeroDivisionError):
        range_to_si(0, 1, "mpg")


def test_every_number_of_the_vocabulary_can_be_read_in_both_systems() -> None:
    for kind in SPECS.values():
        for system in ("metric", "imperial"):
            unit, decimals = kind.display_unit(system)
            assert unit in UNITS, kind
            assert decimals >= 0
            assert bool(unit) == bool(kind.unit), kind
