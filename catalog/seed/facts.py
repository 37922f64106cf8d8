"""What the seed is made of: facts of one source about one variant, in the source's own figures and units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.exceptions import SeedError
from catalog.specs.units import UNITS
from catalog.specs.vocabulary import SEPARATOR, SPECS

RAW_LENGTH, NOTE_LENGTH, TEXT_LENGTH = 300, 200, 200


@dataclass(frozen=True)
class Fact:
    """One value. Numbers have `low`, `high` and the source's unit; facts in words have `text`.

    `raw` is what the source says, word for word; `note` is what limits this one value.
    """

    key: str
    raw: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    text: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        number = SPECS[self.key].kind == "number"
        if number == (self.low is None) or number == bool(self.text) or self.unit not in UNITS:
            raise SeedError(f"{self.key} is not a fact: {self}")
        if (
            len(self.raw) > RAW_LENGTH
            or len(self.note) > NOTE_LENGTH
            or len(self.text) > TEXT_LENGTH
            or not self.raw
        ):
            raise SeedError(f"{self.key} is too long or has no raw text: {self}")

    def as_dict(self) -> dict[str, object]:
        """Only what is there; `high` only where it differs."""
        fields: dict[str, object] = {
            "key": self.key,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "text": self.text,
        }
        if self.high == self.low:
            del fields["high"]
        fields |= {"raw": self.raw, "note": self.note}
        return {name: value for name, value in fields.items() if value not in (None, "")}


@dataclass(frozen=True)
class Match:
    """What one source says about one variant: in which of its entries, and what limits them all.

    `year` is the entries' model year where it is not the variant's. The note is empty only where the entries
    are about such cars and no others.
    """

    source: str
    facts: Sequence[Fact]
    record: str
    year: int | None = None
    note: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        notes = [len(self.note) + len(SEPARATOR) + len(fact.note) for fact in self.facts]
        if not self.record or len(self.record) > NOTE_LENGTH or max(notes, default=0) > NOTE_LENGTH:
            raise SeedError(f"The record or the note of {self.source} is missing or too long: {self}")


def number_fact(
    key: str, unit: str, column: str, values: Iterable[str], *, note: str = "", zero: bool = False
) -> Fact | None:
    """The range of a column's figures; None where the source has none. Zero means "none" unless `zero`."""
    found = sorted({float(value) for value in values if value and (zero or float(value) > 0)})
    if not found:
        return None
    raw = f"{column}: {', '.join(f'{value:.10g}' for value in found)}"
    return Fact(key, _shortened(raw), low=_tidy(found[0]), high=_tidy(found[-1]), unit=unit, note=note)


def text_fact(key: str, column: str, pairs: Iterable[tuple[str, str]], *, note: str = "") -> Fact | None:
    """The words of a column, each once: pairs of what the source says and how we put it."""
    known = [(said, put) for said, put in pairs if said and put]
    if not known:
        return None
    said = ", ".join(dict.fromkeys(said for said, _ in known))
    put = SEPARATOR.join(sorted({put for _, put in known}))
    return Fact(key, _shortened(f"{column}: {said}"), text=put, note=note)


def join_names(names: Sequence[str], limit: int = 4) -> str:
    """ "A, B, C and 5 more"."""
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[: limit - 1])} and {len(names) - limit + 1} more"


def count(rows: Sequence[object], one: str, several: str) -> str:
    """ "1 entry", "3 entries"."""
    return f"{len(rows)} {one if len(rows) == 1 else several}"


def other_year(rows: Iterable[dict[str, str]], column: str, year: int) -> int | None:
    """The model year of the entries where it is not `year`. Raises SeedError where they have several."""
    years = {int(row[column]) for row in rows}
    if len(years) != 1:
        raise SeedError(f"The entries are of several model years: {years}.")
    return next(iter(years - {year}), None)


def _tidy(value: float) -> float:
    return int(value) if value == int(value) else value


def _shortened(raw: str) -> str:
    return raw if len(raw) <= RAW_LENGTH else raw[: RAW_LENGTH - 1] + "…"
