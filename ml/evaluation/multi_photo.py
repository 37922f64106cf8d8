"""How much better one answer to several photos of a car is than an answer to one: figures with intervals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ml.evaluation import metrics
from ml.evaluation.batch_outputs import BatchOutputs
from ml.evaluation.report import Estimate, PhotoGroups
from ml.serving.fusion import fuse
from ml.serving.loaded_bundle import LEAST
from ml.serving.views import softmax

#: Times that photos of each class are drawn anew.
DRAWS = 20


def measure_photo_groups(
    known: BatchOutputs, *, temperature: float, draws: int = DRAWS
) -> dict[str, PhotoGroups]:
    """Figures of pairs and triples of photos of the same class, by name.

    None where no class has as many photos.
    """
    probabilities = softmax(known.car_logits, temperature)
    found = {}
    for size in (2, 3):
        groups = np.array(list(_draw_groups(known.labels, size, draws)))
        if len(groups):
            found[f"{size} photos"] = _measure(probabilities, known.labels, groups)
    return found


def _measure(probabilities: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> PhotoGroups:
    """Figures of (G, size) groups, given as indices of photos."""
    right, own = probabilities.argmax(axis=1) == labels, labels[groups[:, 0]]
    fused = [_fuse(probabilities[group]) for group in groups]
    hits = np.array([best == label for (best, _), label in zip(fused, own, strict=True)])
    confidence = np.array([probability for _, probability in fused])
    single = right[groups].mean(axis=1)
    return PhotoGroups(
        groups=len(groups),
        single_top_1=_by_class(single, own),
        fused_top_1=_by_class(hits, own),
        gain=_by_class(hits - single, own),
        calibration_error=metrics.calibration_error(confidence, hits),
    )


def _draw_groups(labels: np.ndarray, size: int, draws: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng(0)
    for _ in range(draws):
        for label in np.unique(labels):
            of = np.flatnonzero(labels == label)
            if len(of) >= size:
                yield random.choice(of, size, replace=False)


def _fuse(photos: np.ndarray) -> tuple[int, float]:
    """The best class and its probability, by (size, C) probabilities.

    As served: probabilities below LEAST are dropped.
    """
    kept = [{int(i): float(photo[i]) for i in np.flatnonzero(photo >= LEAST)} for photo in photos]
    return next(iter(fuse(kept).items()))


def _by_class(values: np.ndarray, classes: np.ndarray) -> Estimate:
    # Groups of one class share photos, so it is classes that the bootstrap draws.
    means = np.array([values[classes == number].mean() for number in np.unique(classes)])
    return metrics.share_interval(means)
