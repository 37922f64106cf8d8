"""What the US fuel-economy table says about a variant.

The table knows models, engines and gearboxes, rarely trims and body styles: a match covers all entries that
fit, and several entries give a range. It has no power, size, weight or price.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from catalog.seed.facts import Fact, Match, count, join_names, number_fact, other_year, text_fact

SOURCE = "epa"
Row = dict[str, str]

_FUEL_BY_TECHNOLOGY = {
    "EV": "Electric",
    "Plug-in Hybrid": "Plug-in hybrid",
    "Hybrid": "Hybrid",
    "FFV": "Flex-fuel",
    "Diesel": "Diesel",
    "CNG": "Natural gas",
}
_FUEL_BY_NAME = {"Diesel": "Diesel", "Natural Gas": "Natural gas", "Electricity": "Electric"}
_DRIVES = {
    "Front-Wheel Drive": "Front-wheel",
    "Rear-Wheel Drive": "Rear-wheel",
    "All-Wheel Drive": "All-wheel",
    "4-Wheel Drive": "Four-wheel",
    "4-Wheel or All-Wheel Drive": "Four- or all-wheel",
    "Part-time 4-Wheel Drive": "Part-time four-wheel",
    "2-Wheel Drive": "Two-wheel",
}
_CLASSES = {
    "Two Seaters": "Two-seater",
    "Vans, Cargo Type": "Cargo van",
    "Vans, Passenger Type": "Passenger van",
}


def match(rows: Sequence[Row], *, year: int, note: str) -> Match:
    """All facts that the given entries of the table hold about a variant of that model year."""
    ids = "&id=".join(row["id"] for row in rows[:4])  # the site sets at most four side by side
    return Match(
        source=SOURCE,
        url=f"https://www.fueleconomy.gov/feg/Find.do?action=sbs&id={ids}",
        record=_record(rows),
        year=other_year(rows, "year", year),
        note=note,
        facts=[fact for fact in (*_words(rows), *_figures(rows), *_consumption(rows)) if fact],
    )


def _record(rows: Sequence[Row]) -> str:
    names = join_names(list(dict.fromkeys(row["model"].replace("  ", " ") for row in rows)))
    return f"{count(rows, 'entry', 'entries')}: {names} {rows[0]['year']}"


def _words(rows: Sequence[Row]) -> list[Fact | None]:
    chargers = [(_chargers(row), row) for row in rows]
    stated = sum(1 for said, _ in chargers if said)
    partly = f"stated for {stated} of {len(rows)} entries" if stated < len(rows) else ""
    return [
        text_fact("fuel", "fuelType", ((row["fuelType"], fuel(row)) for row in rows)),
        text_fact("fuel_grade", "fuelType1", ((row["fuelType1"], _grade(row)) for row in rows)),
        text_fact("aspiration", "charger", ((said, _aspiration(row)) for said, row in chargers), note=partly),
        text_fact("transmission", "trany", ((row["trany"], transmission(row["trany"])) for row in rows)),
        text_fact(
            "drive", "drive", ((row["drive"], _DRIVES.get(row["drive"], row["drive"])) for row in rows)
        ),
        text_fact("size_class", "VClass", ((row["VClass"], size_class(row["VClass"])) for row in rows)),
    ]


def _chargers(row: Row) -> str:
    """The columns of chargers that are filled in, as the table names and fills them."""
    known = {"tCharger T": row["tCharger"], "sCharger S": row["sCharger"]}
    return "; ".join(said for said, value in known.items() if value)


def _figures(rows: Sequence[Row]) -> list[Fact | None]:
    electric = [row for row in rows if fuel(row) == "Electric"]
    motors = [found[1] for row in electric if (found := re.match(r"(\d+) kW", row["evMotor"], re.IGNORECASE))]
    power = number_fact("power", "kW", "evMotor (kW)", motors, note="electric motor")
    return [
        number_fact("displacement", "l", "displ", (row["displ"] for row in rows)),
        number_fact("cylinders", "", "cylinders", (row["cylinders"] for row in rows)),
        power,
    ]


def _consumption(rows: Sequence[Row]) -> list[Fact | None]:
    """Petrol and diesel by volume, electricity by energy. Gas and "equivalent" gallons are no volumes."""
    liquid = [row for row in rows if fuel(row) not in ("Electric", "Natural gas")]
    note = _limits_of_petrol(liquid)
    return [
        number_fact("consumption_city", "mpg", "city08", (row["city08"] for row in liquid), note=note),
        number_fact(
            "consumption_highway", "mpg", "highway08", (row["highway08"] for row in liquid), note=note
        ),
        number_fact("consumption_combined", "mpg", "comb08", (row["comb08"] for row in liquid), note=note),
        *_electricity([row for row in rows if fuel(row) in ("Electric", "Plug-in hybrid")]),
        number_fact("co2", "g/mi", "co2TailpipeGpm", (_rounded(row) for row in rows), note=note, zero=True),
    ]


def _limits_of_petrol(liquid: Sequence[Row]) -> str:
    """What limits figures of cars that also run on something else."""
    fuels = {fuel(row) for row in liquid}
    if "Flex-fuel" in fuels:
        return "on petrol, not on E85"
    return "on petrol, once the battery is empty" if "Plug-in hybrid" in fuels else ""


def _electricity(plugged: Sequence[Row]) -> list[Fact | None]:
    ranges = [row["range"] if fuel(row) == "Electric" else row["rangeA"] for row in plugged]
    return [
        number_fact("electricity_combined", "kWh/100 mi", "combE", (row["combE"] for row in plugged)),
        number_fact("electric_range", "mi", "range", ranges),
    ]


def _rounded(row: Row) -> str:
    """The table derives grams from whole miles a gallon: decimals carry no knowledge."""
    return f"{float(row['co2TailpipeGpm']):.0f}" if row["co2TailpipeGpm"] else ""


def fuel(row: Row) -> str:
    """The fuel as `catalog.specs.vocabulary.FUELS` calls it; empty where the table says something else."""
    if row["atvType"]:
        return _FUEL_BY_TECHNOLOGY.get(row["atvType"], "")
    return "Petrol" if "Gasoline" in row["fuelType1"] else _FUEL_BY_NAME.get(row["fuelType1"], "")


def _grade(row: Row) -> str:
    return row["fuelType1"].removesuffix(" Gasoline") if "Gasoline" in row["fuelType1"] else ""


def _aspiration(row: Row) -> str:
    if row["tCharger"] and row["sCharger"]:
        return "Turbocharged and supercharged"
    return "Turbocharged" if row["tCharger"] else "Supercharged"


def transmission(trany: str) -> str:
    """ "Automatic (AM-S6)" → "Automated manual, 6 gears"; what is not understood stays as it is."""
    if "variable" in trany or "(AV" in trany:
        return "Continuously variable"
    if "(A1)" in trany:
        return "Single gear"
    gears = re.search(r"(\d+)(?:-spd|\))", trany)
    kind = "Automated manual" if "(AM" in trany else trany.split(" ", maxsplit=1)[0]
    return f"{kind}, {gears[1]} gears" if gears else trany


def size_class(vclass: str) -> str:
    """ "Standard Pickup Trucks 2WD" → "Standard pickup truck": in the singular, without the drive."""
    if vclass in _CLASSES:
        return _CLASSES[vclass]
    words = re.sub(r"[\s/-]*[24]WD$", "", vclass, flags=re.IGNORECASE).removesuffix("s")
    return words[:1] + words[1:].lower()
