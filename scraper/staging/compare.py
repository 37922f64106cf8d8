"""What a source says beside what is published: field by field, old beside new, sources side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.models import Spec
from catalog.specs.agreement import contradict
from catalog.specs.sheet import fact_text
from catalog.specs.vocabulary import SPECS, SpecKind
from scraper.staging.prices import is_used
from scraper.staging.values import StagedValue


@dataclass(frozen=True)
class Line:
    """One fact: what the source says now, what is published of it, and what other sources say.

    `doubt` is why it may not be what it looks like; empty where there is none.
    """

    key: str
    value: StagedValue
    own: Spec | None
    others: tuple[Spec, ...]
    record: str = ""
    doubt: str = ""

    @property
    def kind(self) -> SpecKind:
        """What sort of fact this is."""
        return SPECS[self.key]

    @property
    def state(self) -> Literal["same", "new", "changed"]:
        """What publishing would change: nothing, a fact that is missing, or one that says otherwise."""
        if self.own is None:
            return "new"
        return "same" if says_the_same(self.value, self.own) else "changed"

    @property
    def of_another_record(self) -> bool:
        """Whether what is published is from the same source, but from another of its pages."""
        return self.own is not None and self.own.record not in ("", self.record)

    @property
    def denied_by(self) -> tuple[Spec, ...]:
        """Facts of other sources that can't be true together with this."""
        return tuple(spec for spec in self.others if contradict(self.spec(), spec))

    @property
    def change(self) -> float | None:
        """How far the figure is from what is published, as a share; None where that can't be said."""
        for spec in (self.own, *self.others):
            if spec is not None and spec.low is not None and self.value.get("low") is not None:
                if spec.currency != self.value.get("currency", ""):
                    continue
                return _change(
                    _middle(spec.low, spec.high), _middle(self.value["low"], self.value.get("high"))
                )
        return None

    def spec(self) -> Spec:
        """The value as a fact, of no car yet."""
        return Spec(
            key=self.key,
            **{name: self.value.get(name) for name in ("low", "high")},
            **{name: self.value.get(name) or "" for name in ("text", "currency")},
        )

    @property
    def now(self) -> str:
        """The new value as people read it."""
        return fact_text(self.spec(), "metric")

    @property
    def beside(self) -> list[tuple[Spec, str]]:
        """What other sources say, as people read it."""
        return [(spec, fact_text(spec, "metric")) for spec in self.others]

    @property
    def before(self) -> str:
        """The published value as people read it; empty where there is none."""
        return fact_text(self.own, "metric") if self.own else ""


def lines(
    values: Iterable[StagedValue],
    published: Sequence[Spec],
    source_id: int,
    record: str = "",
    doubts: Mapping[str, str] | None = None,
) -> list[Line]:
    """A line for each value that the catalogue can hold, in the order of its vocabulary; `doubts` by key."""
    said = {value["key"]: value for value in publishable(values)}
    found = []
    for key in SPECS:
        if key in said:
            of_key = [spec for spec in published if spec.key == key]
            own = next((spec for spec in of_key if spec.source_id == source_id), None)
            others = tuple(spec for spec in of_key if spec.source_id != source_id)
            found.append(Line(key, said[key], own, others, record, (doubts or {}).get(key, "")))
    return found


def publishable(values: Iterable[StagedValue]) -> list[StagedValue]:
    """Values that are facts of the catalogue. What a used car costs says nothing of its list price."""
    values = list(values)
    used = is_used(values)
    return [
        value
        for value in values
        if value["key"] in SPECS
        and (value.get("low") is not None or value.get("text"))
        and len(value.get("text") or "") <= 200
        and not (used and value["key"] == "price")
    ]


def says_the_same(value: StagedValue, spec: Spec) -> bool:
    """Whether a value is what a fact says, whatever words it comes from."""
    words = (value.get("text") or "", value.get("currency") or "") == (spec.text, spec.currency)
    return words and _equal(value.get("low"), spec.low) and _equal(value.get("high"), spec.high)


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other))


def _middle(low: float, high: float | None) -> float:
    return (low + (low if high is None else high)) / 2


def _change(before: float, now: float) -> float | None:
    return abs(now - before) / abs(before) if before else None
