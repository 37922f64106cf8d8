"""Answers as pages show them: one shape for the answer to one photo and to several photos of one car."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from classifier.answers import wording
from classifier.choices import Decision

if TYPE_CHECKING:
    from catalog.models import Variant
    from classifier.models import Identification

#: Makes and models below this probability are not worth a line, and three lines are enough.
SMALLEST_SHARE, SHARES = 0.02, 3
#: Cells of the heat map that are fainter than this, of 255, would be drawn for nothing.
FAINTEST = 12


@dataclass(frozen=True)
class Share:
    """How likely a make or a model is."""

    name: str
    percent: str


@dataclass(frozen=True)
class CandidateLine:
    """One car that the answer names, with its page where the catalogue has it."""

    rank: int
    name: str
    probability: float
    percent: str
    variant: Variant | None


@dataclass(frozen=True)
class PresentedAnswer:
    """All that a page says of an answer.

    `variant` is the car that it is named, where it is likely enough to lead on.
    """

    decision: str
    headline: wording.Headline
    candidates: list[CandidateLine]
    makes: list[Share]
    models: list[Share]
    variant: Variant | None


@dataclass(frozen=True)
class HeatCell:
    """A square of the heat map: its place in the grid, and how much it counted (0 to 1)."""

    x: int
    y: int
    opacity: float


@dataclass(frozen=True)
class EarlierAnswer:
    """What an older model said before a newer one's answer replaced it."""

    answered: datetime
    model: str
    text: str


def present(answer: wording.Answer) -> PresentedAnswer:
    """The answer for a page. Reads candidates and their cars, so prefetch them (`with_answer`)."""
    return PresentedAnswer(
        decision=answer.decision,
        headline=wording.headline(answer),
        candidates=[
            CandidateLine(
                one.rank,
                wording.car_name(one),
                one.probability,
                wording.percent(one.probability),
                one.variant,
            )
            for one in answer.candidates
        ],
        makes=_shares((one["make"], one["probability"]) for one in answer.makes),
        models=_shares((f"{one['make']} {one['model']}", one["probability"]) for one in answer.car_models),
        variant=named_car(answer),
    )


def _shares(pairs: Iterable[tuple[str, float]]) -> list[Share]:
    """Those worth naming; `pairs` come likeliest first."""
    return [Share(name, wording.percent(p)) for name, p in pairs if p >= SMALLEST_SHARE][:SHARES]


def named_car(answer: wording.Answer) -> Variant | None:
    """The likeliest car, where it is likely enough to lead on to its page and to dealers."""
    if not answer.candidates or answer.decision == Decision.UNKNOWN:
        return None
    best = answer.candidates[0]
    return best.variant if answer.decision == Decision.SURE or best.probability >= wording.LIKELY else None


def heat_cells(row: Identification) -> list[HeatCell]:
    """The heat map as squares for a page to draw."""
    return [
        HeatCell(x, y, round(value / 255, 2))
        for y, line in enumerate(row.heat_map)
        for x, value in enumerate(line)
        if value > FAINTEST
    ]


def earlier_answers(row: Identification) -> list[EarlierAnswer]:
    """What older models said; needs `with_answer`, which loads them as `past`."""
    return [
        EarlierAnswer(one.answered, str(one.model_version), wording.output_summary(one))
        for one in getattr(row, "past", [])
    ]
