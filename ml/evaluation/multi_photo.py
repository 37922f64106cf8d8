"""How much better one answer to several photos of a car is than an answer to one: figures with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ml.evaluation import metrics
from ml.evaluation.batch_outputs import BatchOutputs
from ml.serving.fusion import fuse
from ml.serving.loaded_bundle import LEAST
from ml.serving.views import softmax

#: Times that photos of each class are drawn anew.
DRAWS = 20


def measure_photo_groups(known: BatchOutputs, *, temperature: float, draws: int = DRAWS) -> dict[str, Any]:
    """Top-1 of single photos and of pairs and triples of the same class put together; intervals by bootstrap over classes."""
    shares = softmax(known.car_logits, temperature)
    right = shares.argmax(axis=1) == known.labels
    report = {}
    for count in (2, 3):
        groups = np.array(list(_groups(known.labels, count, draws)))
        if not len(groups):
            continue
        fused = [_fused(shares[group]) for group in groups]
        hits = np.array(
            [best == known.labels[group[0]] for (best, _), group in zip(fused, groups, strict=True)]
        )
        confidence = np.array([probability for _, probability in fused])
        single, own = right[groups].mean(axis=1), known.labels[groups[:, 0]]
        report[f"{count} photos"] = {
            "groups": len(groups),
            "single top-1": _share(single, own),
            "fused top-1": _share(hits, own),
            "gain": _share(hits - single, own),
            "calibration error": metrics.calibration_error(confidence, hits),
        }
    return report


def _groups(labels: np.ndarray, count: int, draws: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng(0)
    for _ in range(draws):
        for label in np.unique(labels):
            of = np.flatnonzero(labels == label)
            if len(of) >= count:
                yield random.choice(of, count, replace=False)


def _fused(photos: np.ndarray) -> tuple[int, float]:
    """The best class and its probability, as served: only what is likely enough is kept of each photo."""
    kept = [{int(i): float(photo[i]) for i in np.flatnonzero(photo >= LEAST)} for photo in photos]
    return next(iter(fuse(kept).items()))


def _share(values: np.ndarray, classes: np.ndarray) -> dict[str, float]:
    # Groups of one class share photos, so it is classes that are drawn.
    means = np.array([values[classes == number].mean() for number in np.unique(classes)])
    return metrics.interval(lambda drawn: float(means[drawn].mean()), len(means))
