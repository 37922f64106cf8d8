"""Two bundles on the same photos: is one better than the other, and how sure is that?

A paired bootstrap: every resample of the photos is drawn once for both, so what makes a photo hard for both
cancels out of their difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ml.data.photo_table import Photo
from ml.evaluation import metrics
from ml.evaluation.batch_outputs import compute_outputs
from ml.evaluation.report import PairedFigure, PairedReport
from ml.exceptions import DataError
from ml.serving.loaded_bundle import LoadedBundle

#: A figure of the photos with these indices.
Figure = Callable[[np.ndarray], float]


def paired_comparison(active: LoadedBundle, candidate: LoadedBundle, photos: Sequence[Photo]) -> PairedReport:
    """Figures of both with 95% intervals, and those of their difference (candidate minus active).

    The labels of the photos are class numbers of both bundles. Prints its progress to stderr. Raises
    DataError where the bundles know other classes, there are no photos, or one can't be decoded.
    """
    if [label.label for label in active.bundle.labels] != [label.label for label in candidate.bundle.labels]:
        raise DataError("The two models know other cars, so they can't be compared on the same photos.")
    if not photos:
        raise DataError("There are no photos to compare the two models on.")
    labels = np.array([photo.label for photo in photos])
    makes = [label.make for label in active.bundle.labels]
    own, other = (
        _probabilities(loaded, photos, title)
        for loaded, title in ((active, "active"), (candidate, "candidate"))
    )
    figures: dict[str, Callable[[np.ndarray], Figure]] = {
        "top-1": lambda p: _mean(p.argmax(axis=1) == labels),
        "top-5": lambda p: _mean(metrics.top_k_hits(p, labels, min(5, p.shape[1]))),
        "make": lambda p: _mean(metrics.group_hits(p, labels, makes)),
        "calibration error": lambda p: _calibration(p, labels),
    }
    return PairedReport(
        photos=len(photos),
        figures={name: _beside(figure(own), figure(other), len(photos)) for name, figure in figures.items()},
        reliability={
            name: metrics.reliability(p.max(axis=1), p.argmax(axis=1) == labels)
            for name, p in (("active", own), ("candidate", other))
        },
    )


def _beside(active: Figure, candidate: Figure, count: int) -> PairedFigure:
    return PairedFigure(
        active=metrics.interval(active, count),
        candidate=metrics.interval(candidate, count),
        difference=metrics.interval(lambda drawn: candidate(drawn) - active(drawn), count),
    )


def _probabilities(loaded: LoadedBundle, photos: Sequence[Photo], title: str) -> np.ndarray:
    outputs = compute_outputs(loaded, photos, title=title)[0]
    return outputs.labelled().probabilities(loaded.bundle.settings.calibration.cars)


def _mean(hits: np.ndarray) -> Figure:
    return lambda drawn: float(hits[drawn].mean())


def _calibration(probabilities: np.ndarray, labels: np.ndarray) -> Figure:
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    return lambda drawn: metrics.calibration_error(confidence[drawn], right[drawn])
