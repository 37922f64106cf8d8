"""Temperatures and thresholds, chosen on photos the weights have not seen. NumPy only.

N photos, C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml.evaluation.metrics import calibration_error, log_loss
from ml.serving.views import softmax

#: "Sure" is right at least this often, "exterior" turns away at most this share of cars.
SURE_PRECISION = 0.95
TURNED_AWAY = 0.01
#: Share of right answers that "unknown" may cost.
LOST_TO_UNKNOWN = 0.03
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Labelled:
    """Logits (N, C) of N photos, and their labels (N)."""

    logits: np.ndarray
    labels: np.ndarray

    def probabilities(self, temperature: float) -> np.ndarray:
        """(N, C) at this temperature."""
        return softmax(self.logits, temperature)

    def part(self, chosen: np.ndarray) -> Labelled:
        """The photos of these indices."""
        return Labelled(self.logits[chosen], self.labels[chosen])


def minimise(cost: Callable[[float], float], low: float, high: float, *, steps: int = 40) -> float:
    """Where a function with one minimum between `low` and `high` is least, by golden-section search.

    Each step leaves 0.618 of the interval, so 40 of them are exact to 4e-9 of it.
    """
    for _ in range(steps):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if cost(left) < cost(right):
            high = right
        else:
            low = left
    return (low + high) / 2


def fit_temperature(photos: Labelled) -> float:
    """The temperature whose probabilities have the least log loss (temperature scaling, Guo et al., 2017).

    It lies between exp(-3) and exp(3). The likeliest class of a photo is the same at every temperature.
    """
    return float(
        np.exp(minimise(lambda x: log_loss(photos.probabilities(np.exp(x)), photos.labels), -3.0, 3.0))
    )


def crossfitted_error(photos: Labelled, *, seed: int = 0) -> float:
    """Expected calibration error where each half of the photos has the temperature of the other half.

    The error at a temperature that was fitted on the same photos is too small; this one is not.
    """
    order = np.random.default_rng(seed).permutation(len(photos.labels))
    halves = order[::2], order[1::2]
    confidence, right = [], []
    for own, other in (halves, halves[::-1]):
        part = photos.part(own)
        probabilities = part.probabilities(fit_temperature(photos.part(other)))
        confidence.append(probabilities.max(axis=1))
        right.append(probabilities.argmax(axis=1) == part.labels)
    return calibration_error(np.concatenate(confidence), np.concatenate(right))


def sure_threshold(confidence: np.ndarray, right: np.ndarray, *, precision: float = SURE_PRECISION) -> float:
    """The lowest confidence from which on answers are right at least `precision` of the time.

    1 where there is no such confidence.
    """
    lowest = lowest_right(confidence, right, precision=precision)
    return 1.0 if lowest is None else lowest


def lowest_right(scores: np.ndarray, right: np.ndarray, *, precision: float) -> float | None:
    """The lowest of (N) scores from which on at least the share `precision` is right, if there is one."""
    order = np.argsort(-scores, kind="stable")
    share_right = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(share_right >= precision)
    return float(scores[order[good[-1]]]) if len(good) else None


def unknown_threshold(confidence: np.ndarray, right: np.ndarray, *, lost: float = LOST_TO_UNKNOWN) -> float:
    """The confidence under which an answer is withheld.

    As high as costs at most the share `lost` of the right answers.
    """
    kept = confidence[right.astype(bool)]
    return float(np.quantile(kept, lost, method="lower")) if len(kept) else 0.0


def exterior_threshold(probability: np.ndarray, *, turned_away: float = TURNED_AWAY) -> float:
    """The highest probability of "exterior" to ask for that turns away at most this share of car photos, at
    most 0.5.
    """
    return float(min(0.5, np.quantile(probability, turned_away, method="lower")))
