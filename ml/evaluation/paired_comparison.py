"""Two bundles on the same photos: is one better than the other, and how sure is that?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ml.data.splits import Photo
from ml.evaluation import metrics
from ml.evaluation.batch_outputs import compute_outputs
from ml.exceptions import DataError
from ml.serving.loaded_bundle import LoadedBundle

#: A figure of the photos with these indices.
Figure = Callable[[np.ndarray], float]


def paired_comparison(
    active: LoadedBundle, candidate: LoadedBundle, photos: Sequence[Photo]
) -> dict[str, Any]:
    """Figures of both with 95% intervals, and those of their difference, drawn photo by photo in pairs.

    The labels of the photos are class numbers of both bundles. Raises DataError where these know other classes.
    """
    if [label.label for label in active.bundle.labels] != [label.label for label in candidate.bundle.labels]:
        raise DataError("The two models know other cars, so they can't be compared on the same photos.")
    if not photos:
        raise DataError("There are no photos to compare the two models on.")
    labels = np.array([photo.label for photo in photos])
    makes = [label.make for label in active.bundle.labels]
    sides = {
        name: _probabilities(loaded, photos, name)
        for name, loaded in (("active", active), ("candidate", candidate))
    }
    figures: dict[str, Callable[[np.ndarray], Figure]] = {
        "top-1": lambda p: _mean(p.argmax(axis=1) == labels),
        "top-5": lambda p: _mean(metrics.top_k_hits(p, labels, min(5, p.shape[1]))),
        "make": lambda p: _mean(metrics.group_hits(p, labels, makes)),
        "calibration error": lambda p: _calibration(p, labels),
    }
    return {
        "photos": len(photos),
        "figures": {
            name: _beside(figure(sides["active"]), figure(sides["candidate"]), len(photos))
            for name, figure in figures.items()
        },
        "reliability": {
            name: metrics.reliability(p.max(axis=1), p.argmax(axis=1) == labels) for name, p in sides.items()
        },
    }


def _beside(active: Figure, candidate: Figure, count: int) -> dict[str, Any]:
    return {
        "active": metrics.interval(active, count),
        "candidate": metrics.interval(candidate, count),
        "difference": metrics.interval(lambda drawn: candidate(drawn) - active(drawn), count),
    }


def _probabilities(loaded: LoadedBundle, photos: Sequence[Photo], title: str) -> np.ndarray:
    seen = compute_outputs(loaded, photos, title=title)[0]
    return seen.labelled().probabilities(loaded.bundle.settings.calibration.cars)


def _mean(hits: np.ndarray) -> Figure:
    return lambda drawn: float(hits[drawn].mean())


def _calibration(probabilities: np.ndarray, labels: np.ndarray) -> Figure:
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    return lambda drawn: metrics.calibration_error(confidence[drawn], right[drawn])
