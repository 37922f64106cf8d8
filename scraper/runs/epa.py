"""The official fuel-economy table of the United States as cars: one for each model, year and version.

A version is what the table names beside the model, with engine and gearbox. Rows that differ in nothing that
has a name are one car with a range, as everywhere in the catalogue. `catalog.seed.epa` decides what
the facts mean.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from catalog.choices import BodyStyle
from catalog.models import Source
from catalog.seed import epa
from catalog.seed.facts import Fact, Match
from catalog.specs.units import range_to_si
from scraper.exceptions import TableRefused
from scraper.models.staging import ApprovalRule
from scraper.reading.cars import Car, Value

SOURCE = "fueleconomy_gov"
Row = dict[str, str]

_COLUMNS = (
    *("id", "make", "model", "baseModel", "year", "VClass", "displ", "cylinders", "drive", "trany"),
    *("fuelType", "fuelType1", "atvType", "tCharger", "sCharger", "evMotor"),
    *("city08", "highway08", "comb08", "combE", "range", "rangeA", "co2TailpipeGpm"),
)
_CLASS_BODIES = (
    ("Pickup", BodyStyle.PICKUP),
    ("Sport Utility", BodyStyle.SUV),
    ("Station Wagon", BodyStyle.WAGON),
    ("Minivan", BodyStyle.MINIVAN),
    ("Vans", BodyStyle.VAN),
)
_NAMED_BODIES = (
    (r"\(?\b(?:convertible|cabriolet|roadster|spyder|spider)\b\)?", BodyStyle.CONVERTIBLE),
    (r"\(?\b(?:coupe)\b\)?", BodyStyle.COUPE),
    (r"\(?\b(?:sedan|saloon)\b\)?", BodyStyle.SEDAN),
    (r"\(?\b(?:hatchback)\b\)?", BodyStyle.HATCHBACK),
    (r"\(?\b(?:wagon)\b\)?", BodyStyle.WAGON),
    (r"\(?\b(?:suv)\b\)?", BodyStyle.SUV),
)
_FUEL_WORDS = {
    "Diesel": "diesel",
    "Hybrid": "hybrid",
    "Plug-in hybrid": "plug-in hybrid",
    "Flex-fuel": "flex-fuel",
    "Natural gas": "natural gas",
    "Electric": "electric",
}


def source_prepare() -> Source:
    """The source of the table, with a rule by which its cars and facts are published; staff may change it."""
    source, made = Source.objects.get_or_create(
        slug=SOURCE,
        defaults={
            "name": "US fuel economy table",
            "url": "https://www.fueleconomy.gov/feg/download.shtml",
            "licence": "US government work, public domain",
            "rank": 12,
        },
    )
    if made:
        ApprovalRule.objects.create(source=source, new_cars=True, max_change=0.25)
    return source


def cars(path: Path) -> Iterator[Car]:
    """The cars of a file, gzipped or not, by make, model and year. Raises TableRefused for another file."""
    versions: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in _rows(path):
        versions[_version(row)].append(row)
    for key in sorted(versions):
        yield _car(key, versions[key])


def _rows(path: Path) -> Iterator[Row]:
    """Only the columns that count, each text once: the whole table is held at a time."""
    known = {"NA": ""}
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            lines = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
            header = next(lines, [])
            if missing := set(_COLUMNS) - set(header):
                raise TableRefused(f"{path} is not the table: it has no column {', '.join(sorted(missing))}.")
            columns = [(name, header.index(name)) for name in _COLUMNS]
            for line in lines:
                yield {name: known.setdefault(line[at], line[at]) for name, at in columns}
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, IndexError) as error:
        raise TableRefused(f"{path} can't be read: {error}.") from None


def _version(row: Row) -> tuple[str, ...]:
    """Make, model, year, trim and body: what its car is told apart by."""
    body, rest = _body(row)
    trim = " ".join(part for part in (rest, _engine(row, rest), _gearbox(row["trany"])) if part)
    return row["make"], _model(row), row["year"], trim[:80].strip(), body


def _model(row: Row) -> str:
    """ "Dakota Pickup" → "Dakota": the body is named apart, as with every other car."""
    return row["baseModel"].removesuffix(" Pickup").strip() or row["baseModel"]


def _body(row: Row) -> tuple[str, str]:
    """The body as far as the table says it, and what its name for the model says beside model and body."""
    base, name = row["baseModel"], row["model"]
    rest = "" if name == base else name.removeprefix(f"{base} ")
    found: str = BodyStyle.UNKNOWN
    for pattern, body in _NAMED_BODIES:
        if re.search(pattern, rest, re.IGNORECASE):
            found, rest = body, re.sub(pattern, " ", rest, flags=re.IGNORECASE)
            break
    else:
        found = next((body for words, body in _CLASS_BODIES if words in row["VClass"]), found)
    rest = re.sub(r"\bPickup\b", " ", rest) if found == BodyStyle.PICKUP else rest
    return found, " ".join(rest.split())


def _engine(row: Row, rest: str) -> str:
    """ "2.0 l turbo diesel"."""
    size = f"{float(row['displ']):.1f} l" if row["displ"] and float(row["displ"]) else ""
    charger = "turbo" if row["tCharger"] else "supercharged" if row["sCharger"] else ""
    fuel = _FUEL_WORDS.get(epa.fuel(row), "")
    words = [word for word in (charger, fuel) if word and word not in rest.casefold()]
    return " ".join([size, *words]).strip()


def _gearbox(trany: str) -> str:
    """ "6-speed manual"; a single gear is no news."""
    kind, _, gears = epa.transmission(trany).partition(", ")
    if kind == "Continuously variable":
        return "CVT"
    return f"{gears.split()[0]}-speed {kind.lower()}" if gears else ""


def _car(key: tuple[str, ...], rows: list[Row]) -> Car:
    make, model, year, trim, body = key
    match = epa.match(sorted(rows, key=lambda row: int(row["id"])), year=int(year), note="")
    return Car(
        source=SOURCE,
        url=match.url,
        record=_record(key, match),
        make=make,
        model=model,
        trim=trim,
        body_style=body,
        years=(int(year), int(year)),
        values=tuple(_values(match.facts)),
    )


def _record(key: tuple[str, ...], match: Match) -> str:
    """Its name in words: stable from one edition of the table to the next, and readable on a car's page."""
    make, model, year, trim, body = key
    return f"{make} {model} {year}: {' '.join(part for part in (trim, body) if part)}"[:200]


def _values(facts: Iterable[Fact]) -> Iterator[Value]:
    for fact in facts:
        low = high = None
        if fact.low is not None:
            low, high = range_to_si(fact.low, fact.low if fact.high is None else fact.high, fact.unit)
        yield Value(
            key=fact.key,
            raw=fact.raw,
            low=low,
            high=high,
            text=fact.text,
            unit=fact.unit,
            note=fact.note,
        )
