"""What an answer to a photo holds, and how far it may be trusted. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ml.bundle.bundle import Thresholds
from ml.data.splits import SCENES
from ml.serving.views import Box, Floats


class Candidate(NamedTuple):
    """One class that a photo may show."""

    label: str
    slug: str
    probability: float


class Similar(NamedTuple):
    """A known car that looks like the one in the photo; `cosine` (-1 to 1) says how much."""

    label: str
    slug: str
    cosine: float


class MakeShare(NamedTuple):
    """Probability of all classes of a make together."""

    make: str
    probability: float


class ModelShare(NamedTuple):
    """Probability of all classes of a model together."""

    make: str
    model: str
    probability: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What a photo shows. Probabilities are calibrated and sorted, the likeliest first.

    - `scene` is "exterior", "interior" or "other"; `scenes` holds the probability of each.
    - `decision` is "sure", "unsure" or "unknown", and always "unknown" where the scene is not "exterior".
    - `predictions`, `makes` and `models` are the likeliest five each; `ranking` holds all candidates that
      count when several photos of a car are fused (`ml.serving.fusion`).
    - `decision_as_car` is what `decision` would be where somebody says that the photo does show a car from
      outside (`as_car`).
    - `embedding` (D) is that of both views together.
    - `heat_map`, rows of 0-255 over the whole photo, is the class activation map of the first candidate.
    - `box` is what the second view showed, in shares of the photo's width and height.
    - `hints` name what may be wrong with the photo (`ml.serving.quality`).
    - `familiarity` (`ml.serving.openset`) is None and `similar`, the nearest known cars, empty where the
      bundle has no embedding projection.
    - `seconds` says where its time went: "decode", "first_view", "second_view", "answer".
    """

    scene: str
    scenes: dict[str, float]
    decision: str
    predictions: tuple[Candidate, ...]
    makes: tuple[MakeShare, ...]
    models: tuple[ModelShare, ...]
    embedding: Floats
    heat_map: tuple[tuple[int, ...], ...]
    box: Box
    hints: tuple[str, ...]
    ranking: tuple[Candidate, ...] = ()
    familiarity: float | None = None
    similar: tuple[Similar, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    decision_as_car: str = "unsure"

    def as_car(self) -> Answer:
        """The answer of somebody who says that the photo shows a car from outside, whatever the scene."""
        return replace(self, scene="exterior", decision=self.decision_as_car)


def choose_scene(scenes: Floats, thresholds: Thresholds) -> str:
    """The scene by its probabilities (3): "exterior" unless that is less likely than the threshold."""
    shares = dict(zip(SCENES, scenes.tolist(), strict=True))
    if shares.pop("exterior") >= thresholds.exterior:
        return "exterior"
    return max(shares, key=shares.__getitem__)


def decide(scene: str, probability: float, thresholds: Thresholds, *, known: bool = True) -> str:
    """How far the best candidate, of this calibrated probability, may be trusted: "sure", "unsure" or
    "unknown".

    `known` says that the photo is familiar enough (`ml.serving.openset`).
    """
    if scene != "exterior" or not known or probability < thresholds.unknown:
        return "unknown"
    return "sure" if probability >= thresholds.sure else "unsure"
