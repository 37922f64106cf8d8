"""Figures that say how good probabilities are. NumPy only.

Everywhere: probabilities (N, C), labels (N) as class numbers, N at least one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

BINS = 15
RESAMPLES = 1000


def top_k_hits(probabilities: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """(N) booleans: whether the label is among the k likeliest classes; ties count against it."""
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return (probabilities >= own).sum(axis=1) <= k


def macro_f1(predicted: np.ndarray, labels: np.ndarray, classes: int) -> float:
    """Mean over the classes that occur of the harmonic mean of precision and recall."""
    right = np.bincount(labels[predicted == labels], minlength=classes)
    said = np.bincount(predicted, minlength=classes)
    are = np.bincount(labels, minlength=classes)
    occurs = said + are > 0
    return float((2 * right[occurs] / (said + are)[occurs]).mean())


def calibration_error(confidence: np.ndarray, right: np.ndarray, *, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of confidence and share right, over equally wide bins, by photos."""
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(index, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def reliability(confidence: np.ndarray, right: np.ndarray, *, bins: int = 10) -> list[dict[str, float]]:
    """For each of equally wide bins of confidence that is not empty: its mean, the share right, how many photos."""
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "confidence": float(confidence[index == b].mean()),
            "right": float(right[index == b].mean()),
            "photos": int((index == b).sum()),
        }
        for b in np.unique(index)
    ]


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-likelihood of the labels."""
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return float(-np.log(np.maximum(own, 1e-12)).mean())


def group_sums(probabilities: np.ndarray, groups: Sequence[Any]) -> tuple[np.ndarray, list[Any]]:
    """Probabilities summed over classes of the same group, (N, G), and the groups in order of first appearance."""
    names = list(dict.fromkeys(groups))
    member = np.array([[group == name for name in names] for group in groups], dtype=float)
    return probabilities @ member, names


def group_hits(probabilities: np.ndarray, labels: np.ndarray, groups: Sequence[Any]) -> np.ndarray:
    """(N) booleans: whether the likeliest group is the label's."""
    sums, names = group_sums(probabilities, groups)
    of_class = np.array([names.index(group) for group in groups])
    return sums.argmax(axis=1) == of_class[labels]


def roc_area(inside: np.ndarray, outside: np.ndarray) -> float:
    """Chance that a score from inside is above one from outside (area under the ROC curve)."""
    pooled = np.concatenate([inside, outside])
    _, inverse, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    below = ranks[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2
    return float(below / (len(inside) * len(outside)))


def roc_interval(
    inside: np.ndarray, outside: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, float]:
    """The `value` of `roc_area`, with the `low` and `high` end of its 95% bootstrap interval over both sorts of photos."""
    random = np.random.default_rng(seed)
    drawn = [
        roc_area(random.choice(inside, len(inside)), random.choice(outside, len(outside)))
        for _ in range(resamples)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"value": roc_area(inside, outside), "low": float(low), "high": float(high)}


def interval(
    figure: Callable[[np.ndarray], float], count: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, float]:
    """The `value` of a figure of `count` photos, with the `low` and `high` end of its 95% bootstrap interval.

    `figure` gets the indices of the photos to take into account.
    """
    random = np.random.default_rng(seed)
    drawn = [figure(random.integers(0, count, count)) for _ in range(resamples)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"value": float(figure(np.arange(count))), "low": float(low), "high": float(high)}
