"""One answer to several photos of the same car, made of the answers that each photo has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from catalog.models import Variant
from classifier.answers.wording import MakeShare, ModelShare
from classifier.choices import Decision
from classifier.models import Identification
from ml.bundle.labels import parse_label
from ml.serving.fusion import fuse

#: Candidates that an answer names.
TOP = 5

Name = TypeVar("Name")


@dataclass(frozen=True)
class FusedCandidate:
    """One car that the photos may show together."""

    rank: int
    label: str
    probability: float
    variant: Variant | None


class Ranked(TypedDict):
    """A car in the whole ranking of one photo's answer, as its row stores it."""

    label: str
    slug: str
    probability: float


@dataclass(frozen=True)
class FusedAnswer:
    """What several photos say together.

    `counted` are those that show a car from outside; the others say nothing here.
    """

    decision: str
    candidates: Sequence[FusedCandidate]
    makes: list[MakeShare]
    car_models: list[ModelShare]
    counted: Sequence[Identification]


def fused_answer(photos: Sequence[Identification]) -> FusedAnswer | None:
    """The answer to photos of one car, in one query; None where no photo is answered as a car from outside.

    Photos may have been answered by different models: cars are the same by their slugs, also former ones.
    Where most photos show a car that is not known, so does the answer.
    """
    counted = [row for row in photos if _counts(row)]
    rankings = [ranking for row in counted if (ranking := _ranking(row))]
    if not rankings:
        return None
    labels = {one["slug"]: one["label"] for ranking in rankings for one in ranking}
    known = Variant.objects.published().with_names().known_as(labels)
    current = {slug: known[slug].slug if slug in known else slug for slug in labels}
    labels = {current[slug]: label for slug, label in labels.items()}
    variants = {variant.slug: variant for variant in known.values()}
    together = fuse([_shares(ranking, current) for ranking in rankings])
    candidates = [
        FusedCandidate(rank, labels[slug], probability, variants.get(slug))
        for rank, (slug, probability) in enumerate(list(together.items())[:TOP], start=1)
    ]
    makes, models = _makes_and_models(
        [(*_names(variants.get(slug), labels[slug]), p) for slug, p in together.items()]
    )
    return FusedAnswer(_decision(counted, candidates[0].probability), candidates, makes, models, counted)


def _counts(row: Identification) -> bool:
    return row.status == row.Status.DONE and row.scene == row.Scene.EXTERIOR


def _shares(ranking: Sequence[Ranked], current: dict[str, str]) -> dict[str, float]:
    """The probabilities of a photo's answer by the slugs that cars have now."""
    shares: dict[str, float] = defaultdict(float)
    for one in ranking:
        shares[current[one["slug"]]] += one["probability"]
    return dict(shares)


def _makes_and_models(named: Sequence[tuple[str, str, float]]) -> tuple[list[MakeShare], list[ModelShare]]:
    """Probabilities summed by make, and by make and model."""
    makes = _largest((make, p) for make, _, p in named)
    models = _largest(((make, model), p) for make, model, p in named)
    return (
        [{"make": make, "probability": p} for make, p in makes],
        [{"make": make, "model": model, "probability": p} for (make, model), p in models],
    )


def _names(variant: Variant | None, label: str) -> tuple[str, str]:
    """Make and model, of a car that the catalogue does not have by the words of its label."""
    if variant:
        return variant.model.make.name, variant.model.name
    parsed = parse_label(label)
    return parsed.make, parsed.model


def _ranking(row: Identification) -> list[Ranked]:
    """All that counts of a photo's answer; of one that is older than this list, its candidates."""
    return row.ranking or [
        {
            "label": one.label,
            "slug": one.variant.slug if one.variant else one.label,
            "probability": one.probability,
        }
        for one in row.predictions.all()
    ]


def _decision(counted: Sequence[Identification], probability: float) -> str:
    unknown = sum(row.decision == Decision.UNKNOWN for row in counted)
    if unknown * 2 > len(counted):
        return Decision.UNKNOWN
    newest = max(counted, key=lambda row: row.model_version_id or 0)
    thresholds = newest.model_version.card.get("thresholds", {}) if newest.model_version else {}
    return Decision.SURE if probability >= thresholds.get("sure", 1.0) else Decision.UNSURE


def _largest(shares: Iterable[tuple[Name, float]]) -> list[tuple[Name, float]]:
    """The shares summed by name, the largest first."""
    sums: dict[Name, float] = defaultdict(float)
    for name, probability in shares:
        sums[name] += probability
    return sorted(sums.items(), key=lambda item: -item[1])[:TOP]
