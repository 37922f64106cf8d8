"""What the public table of cars sold in India in 2024 says about a model: engines, sizes and prices.

Its cars have no model year of their own: all figures are of 2024, and earlier generations of a model differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from catalog.seed.facts import Fact, Match, count, number_fact, text_fact

SOURCE = "india-variants"
YEAR = 2024
Row = dict[str, str]

_LAKH, _CRORE = 1e5, 1e7
_DRIVES = {"FWD": "Front-wheel", "RWD": "Rear-wheel", "AWD": "All-wheel", "4WD": "Four-wheel"}
_FUELS = {"Petrol": "Petrol", "Diesel": "Diesel", "Electric": "Electric", "CNG": "Natural gas"}
_TRANSMISSIONS = {
    "Manual": "Manual",
    "TC": "Automatic",
    "CVT": "Continuously variable",
    "DCT": "Dual clutch",
    "AMT": "Automated manual",
}
_FIGURES = (
    ("displacement", "cc", "engine", r"(\d+) cc"),
    ("cylinders", "", "engine", r"(\d+) Cylinders"),
    ("power", "hp", "max_power", r"([\d.]+) bhp"),
    ("torque", "N m", "max_torque", r"([\d.]+) Nm"),
    ("consumption_combined", "km/l", "mileage", r"([\d.]+) kmpl"),
    ("doors", "", "doors", r"(\d+) Doors"),
    ("seats", "", "seating_capacity", r"(\d+) Person"),
    ("length", "mm", "length", r"(\d+) mm"),
    ("width", "mm", "width", r"(\d+) mm"),
    ("height", "mm", "height", r"(\d+) mm"),
    ("wheelbase", "mm", "wheel_base", r"(\d+) mm"),
)


def match(rows: Sequence[Row], *, note: str) -> Match:
    """All facts that the given rows of the table hold about a model."""
    return Match(
        source=SOURCE,
        record=f"{count(rows, 'version', 'versions')}: {rows[0]['car_name']} {YEAR}, India",
        year=YEAR,
        note=note,
        facts=[fact for fact in (*_words(rows), *_numbers(rows)) if fact],
    )


def _words(rows: Sequence[Row]) -> list[Fact | None]:
    def words(key: str, column: str, put: Callable[[str], str]) -> Fact | None:
        return text_fact(key, column, ((row[column], put(row[column])) for row in rows))

    return [
        words("fuel", "fuel_type", lambda said: _FUELS.get(said, "")),
        words("transmission", "transmission_manual", transmission),
        words("drive", "drivetrain", lambda said: _DRIVES.get(said, "")),
    ]


def _numbers(rows: Sequence[Row]) -> list[Fact | None]:
    figures = [
        number_fact(key, unit, column, _found(pattern, (row[column] for row in rows)))
        for key, unit, column, pattern in _FIGURES
    ]
    prices = (str(value) for row in rows if (value := price(row["variant_price"])))
    return [*figures, number_fact("price", "INR", "variant_price", prices)]


def _found(pattern: str, values: Iterable[str]) -> list[str]:
    return [found[1] for value in values if (found := re.match(rf".*?{pattern}", value))]


def transmission(said: str) -> str:
    """ "Automatic (DCT) - 7 Gears, Paddle Shift" → "Dual clutch, 7 gears"; empty for an unknown kind."""
    found = re.match(r"(Manual|Automatic(?: \((?P<kind>\w+)\))?)(?: - (?P<gears>\d+) Gears)?", said)
    kind = _TRANSMISSIONS.get(found["kind"] or found[1], "") if found else ""
    gears = found["gears"] if found and found["kind"] != "CVT" else ""
    return f"{kind}, {gears} gears" if kind and gears else kind


def price(said: str) -> float | None:
    """ "Rs. 11.00 Lakh" → 1,100,000 rupees; None where it is no price."""
    found = re.fullmatch(r"Rs\. ([\d.]+) (Lakh|Crore)", said.strip())
    return round(float(found[1]) * (_LAKH if found[2] == "Lakh" else _CRORE), 2) if found else None
