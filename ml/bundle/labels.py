"""Class names such as "Audi A5 Coupe 2012", taken apart and turned into catalogue slugs."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from core.text import slug
from ml.bundle.bundle import Label
from ml.exceptions import DataError

#: Makes of more than one word; any other make is the first word of its label.
LONG_MAKES = (
    "Alfa Romeo", "AM General", "Aston Martin", "Great Wall", "Land Rover", "Maruti Suzuki", "Rolls Royce",
)  # fmt: skip
#: Body styles as they end a label before the year; longer ones first, so that "Crew Cab" is not read as
#: "Cab".
BODY_STYLES = (
    "Passenger Van", "Extended Cab", "Regular Cab", "Cargo Van", "Crew Cab", "Club Cab", "Quad Cab",
    "Convertible", "Hatchback", "SuperCab", "Minivan", "Sedan", "Coupe", "Wagon", "SUV", "Van",
)  # fmt: skip


def parse_label(label: str) -> Label:
    """Take a class name apart by its make, its year and the body style before the year.

    What is absent stays empty.
    """
    make = next((name for name in LONG_MAKES if label.startswith(name + " ")), label.split(" ", 1)[0])
    rest = label.removeprefix(make).strip()
    year = None
    if match := re.search(r"\s?\b((?:19|20)\d\d)$", rest):
        year, rest = int(match[1]), rest[: match.start()]
    body = next((style for style in BODY_STYLES if rest == style or rest.endswith(" " + style)), "")
    return Label(label, slug(label), make, rest.removesuffix(body).strip(), body, year)


def label_table(labels: Sequence[str], classes: str | Path | None = None) -> list[Label]:
    """The labels in order, taken apart by a table of classes (CSV) where it has them, else by their words.

    Raises DataError where the table is missing or lacks a column.
    """
    known = _read_classes(Path(classes)) if classes else {}
    return [known.get(label) or parse_label(label) for label in labels]


def _read_classes(path: Path) -> dict[str, Label]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return {
                row["label"]: Label(
                    row["label"], slug(row["label"]), row["make"], row["model"], row["body_style"],
                    int(row["model_year"]) if row["model_year"] else None,
                )
                for row in csv.DictReader(lines)
            }  # fmt: skip
    except FileNotFoundError:
        raise DataError(
            f"There is no table of classes {path}. Leave --classes out to read makes off the labels."
        ) from None
    except (KeyError, ValueError) as error:
        raise DataError(
            f"{path} should have the columns label, make, model, body_style, model_year ({error})."
        ) from None
