"""Several models side by side on the same photos. `ml.evaluation.comparison_page` shows the figures.

N photos, C classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ml.bundle.labels import parse_label
from ml.data.decoding import decoded_batches
from ml.data.loaders import read_splits
from ml.data.photo_table import PhotoTable
from ml.data.splits import read_photos, split_photos
from ml.evaluation import metrics
from ml.evaluation.compared_model import ComparedModel
from ml.evaluation.comparison_report import ComparisonReport, ConfusedPair, GroupFigures, ModelFigures
from ml.exceptions import DataError
from ml.recipes import recipe_of
from ml.serving.views import softmax

CONFUSIONS = 12


@dataclass(frozen=True)
class ComparedOutputs:
    """Models and their outputs for the same N photos of C classes, by one view of the whole photo."""

    models: list[ComparedModel]
    photos: PhotoTable
    labels: list[str]
    probabilities: list[np.ndarray]  # (N, C) of each model
    milliseconds: list[np.ndarray]  # of one photo, measured several times

    @property
    def best(self) -> int:
        """The model that is right most often."""
        shares = [float((p.argmax(axis=1) == self.photos.labels).mean()) for p in self.probabilities]
        return int(np.argmax(shares))


def photos_to_compare_on(
    models: Sequence[ComparedModel], data: Sequence[Path], split: Sequence[Path]
) -> tuple[PhotoTable, list[str]]:
    """Photos to compare on, and their classes: those of `data` that `split` lists, else the first run's.

    Raises DataError where there are none, a model does not know one of the classes, or was trained on one of
    the photos.
    """
    if data:
        photos, labels = read_photos(*data, least=1)
        if split:
            photos = split_photos(photos, *split)[1]
    else:
        run = next((model.saved for model in models if model.saved.recipe), None)
        if run is None:
            raise DataError(
                "Bundles don't say which photos to compare on: name photos with --data and --split."
            )
        splits = read_splits(recipe_of(run.recipe, str(run.path)))
        photos, labels = splits.cars_validation, splits.labels
    for model in models:
        if missing := sorted(set(labels) - set(model.saved.labels)):
            raise DataError(
                f"{model.saved.path} does not know {missing[:5]}, so it can't be compared on these photos. "
                "Leave it out, or give photos of classes that all know with --data and --split."
            )
        _refuse_seen(model, photos)
    return photos, labels


def _refuse_seen(model: ComparedModel, photos: PhotoTable) -> None:
    saved = model.saved
    if not saved.recipe:
        return
    learned = read_splits(recipe_of(saved.recipe, str(saved.path))).cars_train
    paths = {photo.path.resolve() for photo in learned}
    if seen := sum(photo.path.resolve() in paths for photo in photos):
        raise DataError(
            f"{saved.path} was trained on {seen} of these {len(photos)} photos, so it would look better than "
            "it is. Compare on photos that no model has learned."
        )


def compute_compared(
    models: list[ComparedModel], photos: PhotoTable, labels: list[str], *, threads: int
) -> ComparedOutputs:
    """Put the photos through every model, and time each. Prints its progress to stderr."""
    sessions = [model.start(threads) for model in models]
    logits: list[list[np.ndarray]] = [[] for _ in models]
    for images in decoded_batches(photos):
        for session, parts in zip(sessions, logits, strict=True):
            parts.append(session.first_view(images).cars)
    probabilities = []
    for model, parts in zip(models, logits, strict=True):
        # A model that knows more classes chooses among those that the photos may show.
        columns = [model.saved.labels.index(label) for label in labels]
        probabilities.append(softmax(np.concatenate(parts)[:, columns]))
    milliseconds = [session.milliseconds() for session in sessions]
    return ComparedOutputs(models, photos, labels, probabilities, milliseconds)


def compare(outputs: ComparedOutputs) -> ComparisonReport:
    """All figures."""
    makes = [parse_label(label).make for label in outputs.labels]
    return ComparisonReport(
        made=datetime.now(UTC).date().isoformat(),
        photos=len(outputs.photos),
        classes=len(outputs.labels),
        models=tuple(_figures(outputs, index, makes) for index in range(len(outputs.models))),
        by_make=_by_group(outputs, makes),
        by_class=_by_group(outputs, outputs.labels),
        confusions=_confusions(outputs),
    )


def _figures(outputs: ComparedOutputs, index: int, makes: list[str]) -> ModelFigures:
    model, probabilities = outputs.models[index], outputs.probabilities[index]
    labels, taken = outputs.photos.labels, outputs.milliseconds[index]
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right, count, classes = predicted == labels, len(labels), len(outputs.labels)
    saved = model.saved
    return ModelFigures(
        name=saved.name,
        architecture=saved.architecture,
        input=saved.input.size,
        classes=len(saved.labels),
        parameters=model.parameters,
        multiply_adds=model.multiply_adds,
        size=len(model.onnx),
        milliseconds=metrics.interval(lambda drawn: float(np.median(taken[drawn])), len(taken)),
        top_1=metrics.share_interval(right),
        top_5=metrics.share_interval(metrics.top_k_hits(probabilities, labels, 5)),
        make=metrics.share_interval(metrics.group_hits(probabilities, labels, makes)),
        macro_f1=metrics.interval(
            lambda drawn: metrics.macro_f1(predicted[drawn], labels[drawn], classes), count
        ),
        calibration_error=metrics.interval(
            lambda drawn: metrics.calibration_error(confidence[drawn], right[drawn]), count
        ),
        reliability=metrics.reliability(confidence, right),
        curve=model.curve(),
        weights=saved.facts.get("weights"),
        device=saved.facts.get("device"),
        seconds=saved.facts.get("seconds"),
        teacher=(saved.recipe.get("distill") or {}).get("teacher"),
    )


def _by_group(outputs: ComparedOutputs, groups: Sequence[str]) -> tuple[GroupFigures, ...]:
    """For each group of classes its photos, and the share of them whose group each model names rightly."""
    of_photo = np.array(groups)[outputs.photos.labels]
    hits = [metrics.group_hits(p, outputs.photos.labels, groups) for p in outputs.probabilities]
    return tuple(
        GroupFigures(
            name=str(group),
            photos=int((of_photo == group).sum()),
            right=tuple(float(hit[of_photo == group].mean()) for hit in hits),
        )
        for group in np.unique(of_photo)
    )


def _confusions(outputs: ComparedOutputs) -> tuple[ConfusedPair, ...]:
    """The pairs that the best model mixes up most: counts, and indices of photos that show both classes."""
    labels, predicted = outputs.photos.labels, outputs.probabilities[outputs.best].argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    pairs = Counter(zip(labels[wrong].tolist(), predicted[wrong].tolist(), strict=True))
    rows = []
    for (own, other), count in pairs.most_common(CONFUSIONS):
        mistaken = wrong[(labels[wrong] == own) & (predicted[wrong] == other)]
        alike = np.flatnonzero(labels == other)
        rows.append(
            ConfusedPair(
                label=outputs.labels[own],
                taken_for=outputs.labels[other],
                photos=count,
                example=int(mistaken[0]),
                other=int(alike[0]) if len(alike) else None,
            )
        )
    return tuple(rows)


def prediction_sample(outputs: ComparedOutputs, count: int) -> list[int]:
    """Indices of `count` photos for a grid of predictions, half of them such as the best model gets wrong."""
    right = outputs.probabilities[outputs.best].argmax(axis=1) == outputs.photos.labels
    seeded = np.random.default_rng(0)
    wrong = seeded.permutation(np.flatnonzero(~right))[: count // 2].tolist()
    return sorted(wrong + seeded.permutation(np.flatnonzero(right))[: count - len(wrong)].tolist())
