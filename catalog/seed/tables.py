"""The tables that the seed is built from, as rows that can be asked by make, model and year."""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from catalog.exceptions import SeedError
from core.text import fold

Row = dict[str, str]
CLASSES, EPA, FEATURES, US_MODELS, INDIA = (
    "classes.csv",
    "epa_vehicles.csv.gz",
    "features_msrp_1990_2017.csv",
    "us_car_models.csv",
    "india_variants_2024.csv",
)
# Where a table calls a make otherwise than the catalogue does.
_MAKES = {"mclaren automotive": "mclaren", "toyata": "toyota"}


class Table:
    """Rows by make and year ("" in a table without years). Makes are compared folded."""

    def __init__(self, path: Path, *, make: str, model: str, year: str = "") -> None:
        self.name, self.model = path.name, model
        self._rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in read(path):
            name = fold(row[make])
            self._rows[_MAKES.get(name, name), row[year] if year else ""].append(row)

    def find(self, make: str, models: Iterable[str], year: str | int) -> list[Row]:
        """All rows of these models in that year. Raises SeedError where a model has none."""
        found = []
        for model in models:
            rows = [row for row in self._rows[fold(make), str(year)] if row[self.model] == model]
            if not rows:
                raise SeedError(f"{self.name} has no {make} {model!r} of {year}.")
            found += rows
        return found


def only(rows: Iterable[Row], condition: str) -> list[Row]:
    """Rows for which "column=value" or "column~part" holds; all of them where there is no condition."""
    if not condition:
        return list(rows)
    column, sign, value = condition.partition("~" if "~" in condition else "=")
    return [row for row in rows if (value in row[column] if sign == "~" else value == row[column])]


def read(path: Path) -> Iterator[Row]:
    """The rows of a CSV file, gzipped or not. Raises SeedError where it is absent."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SeedError(f"{path} can't be read ({error.strerror}).") from None
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""))
