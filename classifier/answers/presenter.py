"""Answers as pages show them: one shape for the answer to one photo and to several photos of one car."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from classifier.answers import wording
from classifier.answers.wording import Level
from classifier.choices import Decision

if TYPE_CHECKING:
    from catalog.models import CarModel, Make, Variant
    from classifier.models import Identification

#: Makes and models below this probability are not worth a line, and three lines are enough.
SMALLEST_SHARE, SHARES = 0.02, 3
#: Candidates below this are noise.
SMALLEST_CANDIDATE = 0.01
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
    """All that a page says of an answer. Its probabilities are each said once.

    `others` are the candidates that the headline does not name, under `heading`. `variant` is the car that it
    is named, where it is likely enough to lead on; else `car_model` or `make` are what the headline names,
    where the catalogue has them.
    """

    headline: wording.Headline
    heading: str
    others: list[CandidateLine]
    makes: list[Share]
    models: list[Share]
    variant: Variant | None
    car_model: CarModel | None
    make: Make | None
    is_known: bool


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
    headline = wording.headline(answer)
    named = named_car(answer)
    car_model = None if named else _named_model(answer, headline)
    return PresentedAnswer(
        headline=headline,
        heading=_heading(answer, headline),
        others=_others(answer, headline),
        makes=_shares((one["make"], one["probability"]) for one in answer.makes),
        models=_shares((f"{one['make']} {one['model']}", one["probability"]) for one in answer.car_models),
        variant=named,
        car_model=car_model,
        make=None if named or car_model else _named_make(answer, headline),
        is_known=answer.decision != Decision.UNKNOWN,
    )


def _heading(answer: wording.Answer, headline: wording.Headline) -> str:
    """What the list of candidates is, in words that agree with the headline."""
    if answer.decision == Decision.UNKNOWN:
        return "If it is one of the cars that we know"
    return "Other cars it may be" if headline.level == Level.CAR else "How likely each car is"


def _others(answer: wording.Answer, headline: wording.Headline) -> list[CandidateLine]:
    """The candidates but for the one that the headline gives with its probability, and but for noise."""
    first = 1 if headline.level == Level.CAR else 0
    return [
        CandidateLine(
            one.rank, wording.car_name(one), one.probability, wording.percent(one.probability), one.variant
        )
        for place, one in enumerate(answer.candidates)
        if place >= first and (place == 0 or one.probability >= SMALLEST_CANDIDATE)
    ]


def _shares(pairs: Iterable[tuple[str, float]]) -> list[Share]:
    """Those worth naming; `pairs` come likeliest first."""
    return [Share(name, wording.percent(p)) for name, p in pairs if p >= SMALLEST_SHARE][:SHARES]


def named_car(answer: wording.Answer) -> Variant | None:
    """The likeliest car, where it is likely enough to lead on to its page and to dealers."""
    if not answer.candidates or answer.decision == Decision.UNKNOWN:
        return None
    best = answer.candidates[0]
    return best.variant if wording.reaches(best.probability, wording.LIKELY) else None


def _named_model(answer: wording.Answer, headline: wording.Headline) -> CarModel | None:
    if headline.level not in (Level.CAR, Level.MODEL) or not answer.car_models:
        return None
    wanted = answer.car_models[0]
    for one in answer.candidates:
        car = one.variant
        if car and (car.model.make.name, car.model.name) == (wanted["make"], wanted["model"]):
            return car.model
    return None


def _named_make(answer: wording.Answer, headline: wording.Headline) -> Make | None:
    if headline.level == Level.NOTHING or not answer.makes:
        return None
    makes = (one.variant.model.make for one in answer.candidates if one.variant)
    return next((make for make in makes if make.name == answer.makes[0]["make"]), None)


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
