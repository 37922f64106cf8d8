"""A manifest: a table that says of each photo where it is, what it shows and where it comes from.

CSV with a header, or JSON Lines, with the columns `path` (relative to the manifest), `label` and, where
known, `split` (train | validation), `sha256`, `source` and `licence`.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from core.files import replaced_file
from ml.exceptions import DataError

SUFFIXES = (".csv", ".jsonl")
SPLITS = ("", "train", "validation")


class Row(NamedTuple):
    """What a manifest says of a photo; what it does not say is empty."""

    path: str
    label: str
    split: str = ""
    sha256: str = ""
    source: str = ""
    licence: str = ""

    @property
    def name(self) -> str:
        """What lists call the photo."""
        return f"{self.label}/{self.path}"


def is_manifest(path: str | Path) -> bool:
    """Whether this is the name of a manifest rather than of a folder or a list."""
    return Path(path).suffix.lower() in SUFFIXES


def read_manifest(path: str | Path) -> Iterator[Row]:
    """The rows, one at a time. Raises DataError naming the line that is wrong."""
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            rows = (json.loads(line) for line in lines) if path.suffix == ".jsonl" else csv.DictReader(lines)
            for number, row in enumerate(rows, start=1):
                yield _row(row, f"{path}, row {number}")
    except FileNotFoundError:
        raise DataError(f"There is no manifest {path}.") from None
    except (ValueError, csv.Error) as error:
        raise DataError(f"{path} is not a table of photos in CSV or JSON Lines: {error}.") from None


def _row(values: dict[str, str], where: str) -> Row:
    row = Row(*(values.get(field) or "" for field in Row._fields))
    if not row.path or not row.label:
        raise DataError(f"{where} has no path or no label; both are needed.")
    if row.split not in SPLITS:
        raise DataError(f"{where} has the split {row.split!r}; it may be train, validation or empty.")
    return row


def write_manifest(path: Path, rows: Iterable[Row]) -> int:
    """Write a manifest whole or not at all (CSV, or JSON Lines by its suffix).

    Returns how many rows it has.
    """
    count = 0
    with replaced_file(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, Row._fields)
        if path.suffix != ".jsonl":
            table.writeheader()
        for row in rows:
            if path.suffix == ".jsonl":
                file.write(json.dumps(row._asdict(), ensure_ascii=False) + "\n")
            else:
                table.writerow(row._asdict())
            count += 1
    return count


def changed_photos(path: Path) -> list[str]:
    """What is wrong with the files that a manifest names, a line each: gone, or other bytes than it says."""
    wrong = []
    for row in read_manifest(path):
        photo = path.parent / row.path
        if not photo.is_file():
            wrong.append(f"{row.path}: there is no such file")
        elif row.sha256 and digest(photo) != row.sha256:
            wrong.append(f"{row.path}: its SHA-256 is not the one in the manifest")
    return wrong


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
