"""The seed as it lies in `catalog/data/`, and how it is read and written.

- `variants.csv`: the cars, curated by hand: how a label splits into make, model, trim and body, and which
  rows of the source tables speak about it (`epa…`, `features…`, `us`; see `build.py`).
- `makes.csv`: other names that people use for a make.
- `sources.csv`: where facts come from, with licence and the day they were read.
- `facts.jsonl`: the facts, built by `manage.py build_catalog_seed`; a line per variant and source, in the
  source's own figures and units.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TextIO, TypedDict

from catalog.exceptions import SeedError
from catalog.seed.facts import Match
from core import text

FOLDER = Path(__file__).resolve().parent.parent / "data"
FACTS = "facts.jsonl"


class FactValue(TypedDict):
    """One value of a line, as `Fact.as_dict` writes it: only what the source says."""

    key: str
    raw: str
    low: NotRequired[float]
    high: NotRequired[float]
    unit: NotRequired[str]
    text: NotRequired[str]
    note: NotRequired[str]


class FactLine(TypedDict):
    """A line of `facts.jsonl`: what one source says of one variant."""

    slug: str
    source: str
    record: str
    facts: list[FactValue]
    url: NotRequired[str]
    year: NotRequired[int]
    note: NotRequired[str]


@dataclass(frozen=True)
class SeedVariant:
    """One line of `variants.csv`. Its slug is that of the label, by which the classifier names the car."""

    label: str
    make: str
    model: str
    trim: str
    body_style: str
    body_detail: str
    year: int | None
    matching: dict[str, str]

    @property
    def slug(self) -> str:
        return text.slug(self.label)


def variants(folder: Path = FOLDER) -> list[SeedVariant]:
    """All cars of the seed, in the order of the file."""
    own = ("label", "make", "model", "trim", "body_style", "body_detail")
    return [
        SeedVariant(
            **{name: row[name] for name in own},
            year=int(row["year"]) if row["year"] else None,
            matching={name: value for name, value in row.items() if name not in own},
        )
        for row in _table(folder / "variants.csv")
    ]


def aliases(folder: Path = FOLDER) -> dict[str, list[str]]:
    """Other names by the name of the make."""
    return {row["name"]: split(row["aliases"]) for row in _table(folder / "makes.csv")}


def sources(folder: Path = FOLDER) -> list[dict[str, str]]:
    """Slug, name, url, licence, rank and the day of reading (`retrieved`) of each source."""
    return list(_table(folder / "sources.csv"))


def facts(folder: Path = FOLDER) -> Iterator[FactLine]:
    """The lines of `facts.jsonl`, one after the other."""
    with _open(folder / FACTS) as lines:
        for line in lines:
            yield json.loads(line)


def as_lines(matches: Iterable[tuple[str, Match]]) -> str:
    """The text of `facts.jsonl`, the same for the same facts, whenever and wherever it is built."""
    lines = []
    for slug, match in matches:
        head: dict[str, object] = {"slug": slug, "source": match.source, "url": match.url}
        head |= {"record": match.record, "year": match.year, "note": match.note}
        line = {name: value for name, value in head.items() if value}
        line["facts"] = [fact.as_dict() for fact in match.facts]
        lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    return "".join(f"{line}\n" for line in lines)


def split(joined: str) -> list[str]:
    """ "a; b" → ["a", "b"]."""
    return [part.strip() for part in joined.split(";") if part.strip()]


def _table(path: Path) -> Iterator[dict[str, str]]:
    with _open(path) as lines:
        yield from csv.DictReader(lines)


def _open(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise SeedError(f"{path} can't be read ({error.strerror}).") from None
