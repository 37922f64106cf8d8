"""Figures that say how good probabilities are. NumPy only.

Everywhere: probabilities (N, C), labels (N) as class numbers, confidence (N) the probability of the likeliest
class, right (N) booleans; N at least one. The tests compare them with scikit-learn's where it has them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from ml.evaluation.report import Estimate, ReliabilityBin

BINS = 15
RESAMPLES = 1000
#: Percentiles between which a 95% interval lies.
INTERVAL = (2.5, 97.5)

Group = TypeVar("Group", bound=Hashable)


def top_k_hits(probabilities: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """(N) booleans: whether the label is among the k likeliest classes.

    Ties count against it, so a network that says the same of every photo gets no top-1. scikit-learn breaks
    ties by the order of the classes instead.
    """
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return np.asarray((probabilities >= own).sum(axis=1) <= k)


def macro_f1(predicted: np.ndarray, labels: np.ndarray, classes: int) -> float:
    """Mean over the classes that occur, in either of (N) `predicted` and `labels`, of their F1."""
    right = np.bincount(labels[predicted == labels], minlength=classes)
    named = np.bincount(predicted, minlength=classes)
    are = np.bincount(labels, minlength=classes)
    occurs = named + are > 0
    return float((2 * right[occurs] / (named + are)[occurs]).mean())


def calibration_error(confidence: np.ndarray, right: np.ndarray, *, bins: int = BINS) -> float:
    """Expected calibration error (Naeini et al., 2015) over equally wide bins: 0 to 1.

    Mean distance of mean confidence and share right in a bin, weighted by its photos.
    """
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(index, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def reliability(confidence: np.ndarray, right: np.ndarray, *, bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """The bins of a reliability diagram, equally wide, that are not empty, in order of confidence."""
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    return tuple(
        ReliabilityBin(
            confidence=float(confidence[index == b].mean()),
            right=float(right[index == b].mean()),
            photos=int((index == b).sum()),
        )
        for b in np.unique(index)
    )


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-likelihood of the labels, in nats; a probability counts as at least 1e-12."""
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return float(-np.log(np.maximum(own, 1e-12)).mean())


def group_sums(probabilities: np.ndarray, groups: Sequence[Group]) -> tuple[np.ndarray, list[Group]]:
    """Probabilities summed over classes of the same group, (N, G), and the G groups in order of first
    appearance.

    `groups` names the group of each of the C classes.
    """
    names = list(dict.fromkeys(groups))
    member = np.array([[group == name for name in names] for group in groups], dtype=float)
    return probabilities @ member, names


def group_hits(probabilities: np.ndarray, labels: np.ndarray, groups: Sequence[Hashable]) -> np.ndarray:
    """(N) booleans: whether the likeliest group is the label's."""
    sums, names = group_sums(probabilities, groups)
    of_class = np.array([names.index(group) for group in groups])
    return np.asarray(sums.argmax(axis=1) == of_class[labels])


def roc_area(inside: np.ndarray, outside: np.ndarray) -> float:
    """Area under the ROC curve of scores from inside (N) and outside (M).

    By ranks (Mann and Whitney, 1947): the chance that a score from inside is above one from outside, ties
    half.
    """
    pooled = np.concatenate([inside, outside])
    _, inverse, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    below = ranks[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2
    return float(below / (len(inside) * len(outside)))


def roc_interval(
    inside: np.ndarray, outside: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """`roc_area` with its 95% bootstrap interval over both sorts of photos."""
    random = np.random.default_rng(seed)
    drawn = [
        roc_area(random.choice(inside, len(inside)), random.choice(outside, len(outside)))
        for _ in range(resamples)
    ]
    return estimate_of(roc_area(inside, outside), drawn)


def interval(
    figure: Callable[[np.ndarray], float], count: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """A figure of `count` photos with its 95% interval, by the bootstrap's percentiles (Efron, 1979).

    `figure` gets the indices of the photos to take into account, (count) integers, some of them more than
    once. The same `seed` draws the same photos, so the interval of a difference of two figures is one of
    pairs.
    """
    random = np.random.default_rng(seed)
    drawn = [figure(random.integers(0, count, count)) for _ in range(resamples)]
    return estimate_of(float(figure(np.arange(count))), drawn)


def share_interval(hits: np.ndarray) -> Estimate:
    """The share of (N) `hits` with its 95% interval."""
    return interval(lambda drawn: float(hits[drawn].mean()), len(hits))


def estimate_of(value: float, drawn: Sequence[float]) -> Estimate:
    """A figure, and the interval in which 95% of its drawn values lie."""
    low, high = np.percentile(drawn, INTERVAL)
    return Estimate(value, float(low), float(high))
