"""What the public table of features and list prices (US, 1990-2017) says about a variant.

It has models and body styles, no trims: several rows give a range. Its prices of cars before 2001 are values
of used cars, most of them a flat 2,000 dollars, and are no list prices: they stay out.
"""

from __future__ import annotations

from collections.abc import Sequence

from catalog.seed.facts import Fact, Match, count, number_fact, other_year, text_fact

SOURCE = "features-msrp"
FIRST_YEAR_OF_PRICES = 2001
Row = dict[str, str]

_TRANSMISSIONS = {
    "MANUAL": "Manual",
    "AUTOMATIC": "Automatic",
    "AUTOMATED_MANUAL": "Automated manual",
    "DIRECT_DRIVE": "Single gear",
}
_DRIVES = {
    "front wheel drive": "Front-wheel",
    "rear wheel drive": "Rear-wheel",
    "all wheel drive": "All-wheel",
    "four wheel drive": "Four-wheel",
}


def match(rows: Sequence[Row], *, year: int, note: str) -> Match:
    """All facts that the given rows of the table hold about a variant of that model year."""
    return Match(
        source=SOURCE,
        record=_record(rows),
        year=other_year(rows, "Year", year),
        note=note,
        facts=[fact for fact in (*_words(rows), *_figures(rows)) if fact],
    )


def _record(rows: Sequence[Row]) -> str:
    styles = ", ".join(dict.fromkeys(row["Vehicle Style"] for row in rows))
    return f"{count(rows, 'version', 'versions')}: {rows[0]['Model']} {rows[0]['Year']}, {styles}"


def _words(rows: Sequence[Row]) -> list[Fact | None]:
    def words(key: str, column: str, names: dict[str, str]) -> Fact | None:
        return text_fact(key, column, ((row[column], names.get(row[column], "")) for row in rows))

    return [
        text_fact("fuel", "Engine Fuel Type", ((row["Engine Fuel Type"], fuel(row)) for row in rows)),
        text_fact("fuel_grade", "Engine Fuel Type", ((row["Engine Fuel Type"], _grade(row)) for row in rows)),
        words("transmission", "Transmission Type", _TRANSMISSIONS),
        words("drive", "Driven_Wheels", _DRIVES),
        text_fact("size_class", "Vehicle Size", ((row["Vehicle Size"], row["Vehicle Size"]) for row in rows)),
    ]


def _figures(rows: Sequence[Row]) -> list[Fact | None]:
    liquid = [row for row in rows if fuel(row) not in ("Electric", "Natural gas")]
    priced = [row for row in rows if int(row["Year"]) >= FIRST_YEAR_OF_PRICES]

    def figure(key: str, unit: str, column: str, source: Sequence[Row] = rows) -> Fact | None:
        return number_fact(key, unit, column, (row[column] for row in source))

    return [
        figure("power", "hp", "Engine HP"),
        figure("cylinders", "", "Engine Cylinders"),
        figure("doors", "", "Number of Doors"),
        figure("consumption_city", "mpg", "city mpg", liquid),
        figure("consumption_highway", "mpg", "highway MPG", liquid),
        figure("price", "USD", "MSRP", priced),
    ]


def fuel(row: Row) -> str:
    """The fuel as `catalog.specs.vocabulary.FUELS` calls it. Only the market category tells hybrids."""
    said = row["Engine Fuel Type"]
    if "Hybrid" in row["Market Category"]:
        return "Hybrid"
    if said.startswith("flex-fuel"):
        return "Flex-fuel"
    if "unleaded" in said:
        return "Petrol"
    return {"diesel": "Diesel", "electric": "Electric", "natural gas": "Natural gas"}.get(said, "")


def _grade(row: Row) -> str:
    said = row["Engine Fuel Type"]
    return "Premium" if "premium" in said else "Regular" if "regular" in said else ""
