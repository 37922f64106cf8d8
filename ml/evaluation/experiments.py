"""What a bundle makes of classes that it was trained without: figures with intervals.

For a bundle whose recipe has `leave_out`. Two questions: does it tell unknown cars from known ones, and how
well does it name them after five photos of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ml.bundle.bundle import Label
from ml.data.photo_table import Photo
from ml.evaluation import metrics
from ml.evaluation.batch_outputs import BatchOutputs, compute_outputs
from ml.evaluation.evaluate import evaluate
from ml.evaluation.photo_sources import EvaluationPhotos, PhotoSources, read_left_out
from ml.evaluation.report import EvaluationReport, FewPhotos
from ml.exceptions import BundleError
from ml.serving.embedding_projection import EmbeddingProjection
from ml.serving.loaded_bundle import LoadedBundle
from ml.serving.prototypes import FEWEST, Prototype, join, project_prototypes, prototype_of

#: Times that the photos a car is learned from are drawn anew.
DRAWS = 20


def experiment(loaded: LoadedBundle, photos: EvaluationPhotos, sources: PhotoSources) -> EvaluationReport:
    """Both, in the report of `evaluate`.

    Prints its progress to stderr. Raises BundleError without a projection.
    """
    projection_of(loaded)
    report = evaluate(loaded, photos)
    left_out = read_left_out(sources)
    if not left_out:
        return report
    known = compute_outputs(loaded, photos.cars, title="validation photos")[0]
    return replace(report, few_photos=few_photos(loaded, known, outputs_of_left_out(loaded, left_out)))


def projection_of(loaded: LoadedBundle) -> EmbeddingProjection:
    """The projection of a bundle. Raises BundleError where it has none."""
    if loaded.projection is None:
        raise BundleError(f"{loaded.bundle.path} has no projection to compare cars in. Export its run again.")
    return loaded.projection


def outputs_of_left_out(
    loaded: LoadedBundle, classes: dict[str, tuple[list[Photo], list[Photo]]]
) -> dict[str, tuple[BatchOutputs, BatchOutputs]]:
    """(training, validation) outputs for each class that was left out, in two passes."""
    passes = [
        compute_outputs(
            loaded, [photo for parts in classes.values() for photo in parts[number]], title=title
        )[0]
        for number, title in enumerate(("left out, to learn from", "left out, to measure on"))
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
) -> FewPhotos:
    """Top-1 on new cars learned from FEWEST photos each, and what the known ones lose; 95% of the draws lie
    in the interval.

    All new cars are learned together, and their photos compete with all the known cars.
    """
    before = float((known.car_logits.argmax(axis=1) == known.labels).mean())
    new, lost = [], []
    for photos in _draw_photos(classes, draws):
        prototypes = [
            prototype_of(Label(name, "", "", "", "", None), list(embeddings))
            for name, embeddings in zip(classes, photos, strict=True)
        ]
        hits = [
            _join(loaded, outputs, prototypes).argmax(axis=1) == len(loaded.bundle.labels) + number
            for number, (_, outputs) in enumerate(classes.values())
        ]
        new.append(float(np.concatenate(hits).mean()))
        after = _join(loaded, known, prototypes).argmax(axis=1) == known.labels
        lost.append(before - float(after.mean()))
    return FewPhotos(
        classes=len(classes),
        photos_each=FEWEST,
        new_top_1=metrics.estimate_of(float(np.mean(new)), new),
        known_lose=metrics.estimate_of(float(np.mean(lost)), lost),
    )


def _draw_photos(
    classes: dict[str, tuple[BatchOutputs, BatchOutputs]], draws: int
) -> Iterator[list[np.ndarray]]:
    """FEWEST embeddings of each class, `draws` times."""
    for draw in range(draws):
        random = np.random.default_rng(draw)
        yield [
            outputs.embedding[random.choice(len(outputs.labels), FEWEST, replace=False)]
            for outputs, _ in classes.values()
        ]


def _join(loaded: LoadedBundle, outputs: BatchOutputs, prototypes: list[Prototype]) -> np.ndarray:
    projection = projection_of(loaded)
    logits = outputs.car_logits / loaded.bundle.settings.calibration.cars
    return join(
        logits, projection.project(outputs.embedding), projection, project_prototypes(projection, prototypes)
    )
