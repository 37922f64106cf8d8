"""Photos that were sent together: what each of them is, and a summary of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifier.answers import wording
from classifier.choices import IdentificationStatus as Status
from classifier.choices import Scene
from classifier.models import Identification


@dataclass(frozen=True)
class Line:
    """One photo: its answer in words, or that it waits or failed."""

    row: Identification
    title: str
    detail: str

    @property
    def is_waiting(self) -> bool:
        """Whether its answer is still to come."""
        return self.row.is_waiting


@dataclass(frozen=True)
class Sent:
    """Photos in the order in which they were sent."""

    lines: Sequence[Line]

    @property
    def waiting(self) -> int:
        """How many have no answer yet."""
        return sum(line.is_waiting for line in self.lines)

    @property
    def summary(self) -> str:
        """All of them in one sentence: "3 photos: 2 named, 1 without a car."."""
        total = len(self.lines)
        photos = f"{total} photo{'' if total == 1 else 's'}"
        begin = f"{total - self.waiting} of {photos} answered" if self.waiting else photos
        kinds = [_kind(line.row) for line in self.lines if not line.is_waiting]
        counted = [f"{kinds.count(kind)} {kind}" for kind in _KINDS if kind in kinds]
        return f"{begin}: {', '.join(counted)}." if counted else f"{begin}."


_NAMED, _UNCLEAR, _NO_CAR, _FAILED = "named", "not clear", "without a car from outside", "failed"
_KINDS = (_NAMED, _UNCLEAR, _NO_CAR, _FAILED)


def _kind(row: Identification) -> str:
    if row.status == Status.FAILED:
        return _FAILED
    if wording.spoken(row).level != wording.Level.NOTHING:
        return _NAMED
    return _UNCLEAR if row.scene == Scene.EXTERIOR else _NO_CAR


def sent(rows: Iterable[Identification], order: Sequence[object]) -> Sent:
    """These photos in the order of their ids; read them `with_answer`."""
    found = {row.pk: row for row in rows}
    return Sent([_line(found[pk]) for pk in dict.fromkeys(order) if pk in found])  # type: ignore[index]


def _line(row: Identification) -> Line:
    said = wording.first_words(row)
    return Line(row, said.title, said.detail)
