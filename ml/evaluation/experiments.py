"""What a bundle makes of classes that it was trained without: figures with intervals.

For a bundle whose recipe has `leave_out`. Two questions: does it tell unknown cars from known ones, and how well does it name
them after five photos of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ml.bundle.bundle import Label
from ml.data.splits import Photo
from ml.evaluation.batch_outputs import BatchOutputs, compute_outputs
from ml.evaluation.evaluate import Material, Sources, evaluate, read_left_out
from ml.exceptions import BundleError
from ml.serving.embedding_projection import EmbeddingProjection
from ml.serving.loaded_bundle import LoadedBundle
from ml.serving.prototypes import FEWEST, Prototype, join, project_prototypes, prototype_of

#: Times that the photos a car is learned from are drawn anew.
DRAWS = 20


def experiment(loaded: LoadedBundle, material: Material, sources: Sources) -> dict[str, Any]:
    """Both, in the report of `evaluate`. Prints its progress to stderr. Raises BundleError without a projection."""
    projection_of(loaded)
    report = evaluate(loaded, material)
    if left_out := read_left_out(sources):
        known = compute_outputs(loaded, material.cars, title="validation photos")[0]
        report["few photos"] = few_photos(loaded, known, outputs_of_left_out(loaded, left_out))
    return report


def projection_of(loaded: LoadedBundle) -> EmbeddingProjection:
    """The projection of a bundle. Raises BundleError where it has none."""
    if loaded.projection is None:
        raise BundleError(f"{loaded.bundle.path} has no projection to compare cars in. Export its run again.")
    return loaded.projection


def outputs_of_left_out(
    loaded: LoadedBundle, classes: dict[str, tuple[list[Photo], list[Photo]]]
) -> dict[str, tuple[BatchOutputs, BatchOutputs]]:
    """(training, validation) observations of each class that was left out, in two passes."""
    passes = [
        compute_outputs(
            loaded, [photo for parts in classes.values() for photo in parts[number]], title=title
        )[0]
        for number, title in enumerate(("left out, to learn from", "left out, to judge by"))
    ]
    ends = [np.cumsum([len(parts[number]) for parts in classes.values()]) for number in (0, 1)]
    spans = [[np.arange(a, b) for a, b in zip([0, *end], end, strict=False)] for end in ends]
    return {
        name: (passes[0].part(spans[0][i]), passes[1].part(spans[1][i])) for i, name in enumerate(classes)
    }


def few_photos(
    loaded: LoadedBundle,
    known: BatchOutputs,
    classes: dict[str, tuple[BatchOutputs, BatchOutputs]],
    *,
    draws: int = DRAWS,
) -> dict[str, Any]:
    """Top-1 on new cars learned from FEWEST photos each, and what the known ones lose; 95% of the draws lie in the interval.

    All new cars are learned together, and their photos compete with all the known cars.
    """
    before = float((known.car_logits.argmax(axis=1) == known.labels).mean())
    new, lost = [], []
    for photos in _drawn(classes, draws):
        prototypes = [
            prototype_of(Label(name, "", "", "", "", None), list(embeddings))
            for name, embeddings in zip(classes, photos, strict=True)
        ]
        hits = [
            _joined(loaded, seen, prototypes).argmax(axis=1) == len(loaded.bundle.labels) + number
            for number, (_, seen) in enumerate(classes.values())
        ]
        new.append(float(np.concatenate(hits).mean()))
        after = _joined(loaded, known, prototypes).argmax(axis=1) == known.labels
        lost.append(before - float(after.mean()))
    return {
        "classes": len(classes),
        "photos each": FEWEST,
        "new top-1": _spread(new),
        "known lose": _spread(lost),
    }


def _drawn(classes: dict[str, tuple[BatchOutputs, BatchOutputs]], draws: int) -> Iterator[list[np.ndarray]]:
    """FEWEST embeddings of each class, `draws` times."""
    for draw in range(draws):
        random = np.random.default_rng(draw)
        yield [
            seen.embedding[random.choice(len(seen.labels), FEWEST, replace=False)]
            for seen, _ in classes.values()
        ]


def _joined(loaded: LoadedBundle, seen: BatchOutputs, prototypes: list[Prototype]) -> np.ndarray:
    projection = projection_of(loaded)
    logits = seen.car_logits / loaded.bundle.settings.calibration.cars
    return join(
        logits, projection.project(seen.embedding), projection, project_prototypes(projection, prototypes)
    )


def _spread(values: list[float]) -> dict[str, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return {"value": float(np.mean(values)), "low": float(low), "high": float(high)}
