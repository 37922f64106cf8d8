"""A variant's facts as people read them: grouped, in their units, with sources that differ side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from catalog.models import Source, Spec, Variant
from catalog.specs.agreement import any_contradict
from catalog.specs.units import range_from_si
from catalog.specs.vocabulary import SEPARATOR, SPECS, SpecKind, UnitSystem

NBSP = "\N{NO-BREAK SPACE}"
# What tells cars apart at a glance, in this order.
HEADLINES = ("power", "consumption_combined", "electricity_combined", "fuel", "drive", "price")


@dataclass(frozen=True)
class Statement:
    """What one source says. `note` limits this fact alone; `limits` has what limits all of the source's."""

    spec: Spec
    note: str


@dataclass(frozen=True)
class Value:
    """What one source says, or several that say the same.

    No text means unknown, or, where it does not apply, that such a car can't have it.
    """

    text: str
    statements: list[Statement] = field(default_factory=list)
    applies: bool = True

    @property
    def model_year(self) -> int | None:
        """Of which model year it is, where no source has it for the car's own."""
        years = [statement.spec.model_year for statement in self.statements]
        return years[0] if years and all(years) else None


@dataclass(frozen=True)
class Row:
    """One kind of fact and all that is said of it, the most trusted source first; no value means unknown."""

    kind: SpecKind
    values: list[Value]

    @property
    def first(self) -> str:
        """What to show where there is room for one value; empty where it is unknown."""
        return self.values[0].text if self.values else ""

    @property
    def model_year(self) -> int | None:
        """Of which model year `first` is, where that is not the car's own."""
        return self.values[0].model_year if self.values else None

    @property
    def in_conflict(self) -> bool:
        """Whether sources say what can't be true together."""
        return any_contradict([statement.spec for value in self.values for statement in value.statements])

    @property
    def differs(self) -> bool:
        """Whether the values are not all the same."""
        return len({value.text for value in self.values}) > 1


@dataclass(frozen=True)
class Group:
    """Rows under one heading."""

    name: str
    rows: list[Row]


def fact_text(spec: Spec, system: UnitSystem) -> str:
    """A fact in words, such as "9.4–11.2 l/100 km"."""
    if spec.low is None:
        return _listed(spec.text.split(SEPARATOR))
    high = spec.low if spec.high is None else spec.high
    unit, decimals = spec.kind.display_unit(system)
    low, high = range_from_si(spec.low, high, unit)
    ends = dict.fromkeys(f"{end:,.{decimals}f}" for end in (low, high))
    unit = (spec.currency or unit).replace(" ", NBSP)
    return "–".join(ends) + (f"{NBSP}{unit}" if unit else "")


def _listed(words: Sequence[str]) -> str:
    """ "Petrol, flex-fuel"; words with a comma of their own are told apart by semicolons."""
    first, *others = words
    lower = [word if word.isupper() else word[:1].lower() + word[1:] for word in others]
    return (SEPARATOR if "," in first else ", ").join([first, *lower])


def rows(specs: Iterable[Spec], system: UnitSystem) -> list[Row]:
    """A row for every kind of fact that such a car can have, known or not. `specs` are sorted by trust."""
    specs = list(specs)
    shared = _shared_notes(specs)
    said: dict[str, dict[str, Value]] = {}
    for spec in specs:
        values = said.setdefault(spec.key, {})
        text = fact_text(spec, system)
        own = [note for note in _notes(spec) if note not in shared[spec.source_id]]
        values.setdefault(text, Value(text)).statements.append(Statement(spec, SEPARATOR.join(own)))
    return [Row(kind, list(said.get(kind.key, {}).values())) for kind in _kinds(said)]


def limits(specs: Iterable[Spec]) -> list[tuple[Source, str]]:
    """What limits all that a source says, once for each source that has such limits."""
    specs = list(specs)
    shared = _shared_notes(specs)
    sources = {spec.source_id: spec.source for spec in specs}
    return [(sources[pk], SEPARATOR.join(notes)) for pk, notes in shared.items() if notes]


def groups(found: Sequence[Row]) -> list[Group]:
    """Rows under the headings of `catalog.specs.vocabulary`."""
    names = dict.fromkeys(row.kind.group for row in found)
    return [Group(name, [row for row in found if row.kind.group == name]) for name in names]


def headlines(found: Iterable[Row], keys: Sequence[str] = HEADLINES) -> list[Row]:
    """The known ones among the facts that tell cars apart at a glance."""
    by_key = {row.kind.key: row for row in found if row.values}
    return [by_key[key] for key in keys if key in by_key]


def comparison(variants: Sequence[Variant], system: UnitSystem, *, differences: bool) -> list[Group]:
    """Rows with a value for each variant, in their order; only those that differ, if asked."""
    sheets = [{row.kind.key: row for row in rows(variant.specs.all(), system)} for variant in variants]
    compared = []
    for kind in SPECS.values():
        values = [_compared(sheet.get(kind.key)) for sheet in sheets]
        known = any(value.text for value in values)
        row = Row(kind, values)
        if known and (row.differs or not differences):
            compared.append(row)
    return groups(compared)


def _compared(row: Row | None) -> Value:
    if row is None:
        return Value("", applies=False)
    return row.values[0] if row.values else Value("")


def _kinds(said: dict[str, dict[str, Value]]) -> list[SpecKind]:
    """Kinds of facts that such a car can have, by its fuel (tank, plug, both), and all that are stated."""
    words = {
        word
        for value in said.get("fuel", {}).values()
        for statement in value.statements
        for word in statement.spec.text.split(SEPARATOR)
    }
    plug = bool(words & {"Electric", "Plug-in hybrid"})
    tank = words != {"Electric"}
    possible = {"any": True, "fuel": tank, "plug": plug}
    return [kind for kind in SPECS.values() if possible[kind.powertrain] or kind.key in said]


def _notes(spec: Spec) -> list[str]:
    year = [f"figures of model year {spec.model_year}"] if spec.model_year else []
    return [*year, *(note for note in spec.note.split(SEPARATOR) if note)]


def _shared_notes(specs: Iterable[Spec]) -> dict[int, list[str]]:
    """By source, the notes that each of its facts has."""
    shared: dict[int, list[str]] = {}
    for spec in specs:
        notes = _notes(spec)
        known = shared.setdefault(spec.source_id, notes)
        shared[spec.source_id] = [note for note in known if note in notes]
    return shared
