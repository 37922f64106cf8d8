"""A catalogue as large as it may get, written in a minute: real names where the official table is there, figures made up."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date
from itertools import count, islice, product
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction

from catalog.choices import BodyStyle
from catalog.models import Source, Spec, Variant, VariantPhoto
from catalog.supply import CarName, cars_create

EPA = Path(__file__).resolve().parents[3] / "shared" / "data" / "specs" / "epa_vehicles.csv.gz"
BATCH = 2000
_BODIES = {
    "Two Seaters": BodyStyle.COUPE,
    "Station Wagons": BodyStyle.WAGON,
    "Sport Utility": BodyStyle.SUV,
    "Minivan": BodyStyle.MINIVAN,
    "Vans": BodyStyle.VAN,
    "Pickup": BodyStyle.PICKUP,
    "Special Purpose": BodyStyle.SUV,
    "Cars": BodyStyle.SEDAN,
}
#: Least and greatest figure of each kind, in SI units.
_NUMBERS = {
    "displacement": (0.001, 0.006),
    "cylinders": (3, 12),
    "power": (50e3, 450e3),
    "torque": (90, 800),
    "consumption_city": (5e-8, 2e-7),
    "consumption_highway": (4e-8, 15e-8),
    "consumption_combined": (45e-9, 17e-8),
    "co2": (1e-4, 4e-4),
    "doors": (2, 5),
    "seats": (2, 9),
    "length": (3.2, 5.9),
    "width": (1.5, 2.1),
    "height": (1.2, 2.0),
    "mass": (800, 2900),
}
_WORDS = {
    "fuel": [
        "Petrol",
        "Petrol",
        "Petrol",
        "Diesel",
        "Petrol; Flex-fuel",
        "Hybrid",
        "Plug-in hybrid",
        "Electric",
    ],
    "fuel_grade": ["Regular", "Premium"],
    "transmission": ["Automatic, 6 gears", "Automatic, 8 gears", "Manual, 5 gears", "Manual, 6 gears"],
    "drive": ["Front-wheel", "Rear-wheel", "All-wheel", "Four-wheel"],
}


def build(cars: int, *, photos: int = 4, real: bool = True) -> None:
    """That many cars with twenty facts each, of two sources, and `photos` each; into an empty catalogue.

    With `real` names where the official table is there.
    """
    names = _names(real=real and EPA.is_file())
    with transaction.atomic():
        while batch := list(islice(names, min(BATCH, cars))):
            cars_create(batch)
            cars -= len(batch)
        _facts()
        Variant.objects.all().refresh_facts()
        for position in range(photos):
            _photos(position)
    # As autovacuum does before long. SQLite has to do without statistics, as on the site.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _names(*, real: bool) -> Iterator[CarName]:
    """Endless. The second time round, and so on, each car is an edition of its own."""
    seen = set()
    for edition in count(1):
        for name in _real_names() if real else _made_up_names():
            trim = f"{name.trim} Edition {edition}".strip() if edition > 1 else name.trim
            car = CarName(name.make, name.model, trim[-80:], name.body_style, name.year)
            if car not in seen:
                seen.add(car)
                yield car


def _real_names() -> Iterator[CarName]:
    with gzip.open(EPA, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            model = row["baseModel"] or row["model"]
            rest = row["model"].removeprefix(model).strip()
            trim = " ".join(part for part in (rest, row["displ"], row["trany"]) if part)
            body = next((body for words, body in _BODIES.items() if words in row["VClass"]), BodyStyle.SEDAN)
            yield CarName(row["make"], model, trim, body, int(row["year"]))


def _made_up_names() -> Iterator[CarName]:
    starts, ends = (
        ("Bar", "Cor", "Del", "Fen", "Gal", "Hal", "Jor", "Kel", "Lom", "Mar", "Nor", "Tar"),
        ("don", "ina"),
    )
    makes = [a + b.lower() for a, b in product(starts, starts)]
    models = [f"{a}{b}" for a, b in product(starts, ends)]
    for year, make, model in product(range(2026, 1984, -1), makes, models):
        body = list(BodyStyle)[(len(make) * 7 + len(model) * 3 + ord(model[1])) % 9]
        for trim in ("Base", "Sport", "Touring")[: 1 + (year + ord(make[0])) % 3]:
            yield CarName(make, model, trim, body, year)


def _facts() -> None:
    first = Source.objects.create(
        slug="first", name="First table", url="https://example.org/1", licence="Free", rank=1
    )
    second = Source.objects.create(slug="second", name="Second table", url="https://example.org/2", rank=2)
    for key in (*_NUMBERS, *_WORDS):
        _fact(first, key)
    _fact(second, "power")
    _fact(second, "price", (9000, 90000), currency="USD")


def _fact(source: Source, key: str, ends: tuple[float, float] = (0, 0), **fields: Any) -> None:
    spec = Spec(
        key=key, source=source, raw="As written", record="1 entry", retrieved=date(2026, 11, 21), **fields
    )
    if words := _WORDS.get(key):
        cases = " ".join(f"WHEN {i} THEN %s" for i in range(len(words)))
        _for_each_car(spec, text=(f"CASE (id * 31) %% {len(words)} {cases} END", words))
    else:
        low, high = _NUMBERS.get(key, ends)
        figure = (f"%s + %s * ((id * {7919 + source.rank}) %% 1000) / 1000.0", [low, high - low])
        _for_each_car(spec, low=figure, high=figure)


def _photos(position: int) -> None:
    view = VariantPhoto.View.EXTERIOR if position < 3 else VariantPhoto.View.INTERIOR
    credit = {"credit": "Nobody", "licence": "CC0", "source_url": "https://example.org/photo"}
    _for_each_car(VariantPhoto(image=f"catalog/{position}.jpg", view=view, position=position, **credit))


def _for_each_car(row: models.Model, **computed: tuple[str, list[Any]]) -> None:
    """A copy of the row for every car, in one statement; `computed` are SQL of columns that differ, by the car's id."""
    quote, columns, values = connection.ops.quote_name, [], []
    params: list[Any] = []
    for field in row._meta.local_concrete_fields:
        if field.primary_key:
            continue
        value = field.get_db_prep_save(field.pre_save(row, add=True), connection)
        sql, own = (
            ("id", []) if field.attname == "variant_id" else computed.get(field.attname, ("%s", [value]))
        )
        columns.append(quote(field.column))
        values.append(sql)
        params += own
    table = quote(row._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM catalog_variant",
            params,
        )
