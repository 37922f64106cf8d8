"""Several models side by side on the same photos: figures as plain data. `ml.evaluation.comparison_page` shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ml.bundle.labels import parse_label
from ml.data.loaders import read_splits
from ml.data.photo_table import PhotoTable
from ml.data.splits import read_photos, split_photos
from ml.evaluation import metrics
from ml.evaluation.compared_model import ComparedModel, decoded
from ml.exceptions import DataError
from ml.recipes import recipe_of
from ml.serving.views import softmax

CONFUSIONS = 12


@dataclass(frozen=True)
class Judged:
    """Models and what each makes of the same N photos of C classes, by one view of the whole photo."""

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


def photos_to_judge_by(
    models: Sequence[ComparedModel], data: Sequence[Path], split: Sequence[Path]
) -> tuple[PhotoTable, list[str]]:
    """The photos of `data` that `split` lists, without either the validation photos of the first run; and their classes.

    Raises DataError where there are none, a model does not know one of the classes, or was trained on one of the photos.
    """
    if data:
        photos, labels = read_photos(*data, least=1)
        if split:
            photos = split_photos(photos, *split)[1]
    else:
        run = next((model for model in models if model.recipe), None)
        if run is None:
            raise DataError("Bundles don't say what to judge by: name photos with --data and --split.")
        splits = read_splits(recipe_of(run.recipe, str(run.path)))
        photos, labels = splits.cars_validation, splits.labels
    for model in models:
        if missing := sorted(set(labels) - set(model.labels)):
            raise DataError(
                f"{model.path} does not know {missing[:5]}, so it can't be judged by these photos. Leave it out, or give photos "
                "of classes that all know with --data and --split."
            )
        _refuse_seen(model, photos)
    return photos, labels


def _refuse_seen(model: ComparedModel, photos: PhotoTable) -> None:
    if not model.recipe:
        return
    learned = read_splits(recipe_of(model.recipe, str(model.path))).cars_train
    paths = {photo.path.resolve() for photo in learned}
    if seen := sum(photo.path.resolve() in paths for photo in photos):
        raise DataError(
            f"{model.path} was trained on {seen} of these {len(photos)} photos, so it would look better than it is. Judge by "
            "photos that no model has learned."
        )


def judge(models: list[ComparedModel], photos: PhotoTable, labels: list[str], *, threads: int) -> Judged:
    """Put the photos before every model. Prints its progress to stderr."""
    sessions = [model.start(threads) for model in models]
    seen: list[list[np.ndarray]] = [[] for _ in models]
    for images in tqdm(decoded(photos), total=-(-len(photos) // 16), desc="photos", unit="batch"):
        for session, parts in zip(sessions, seen, strict=True):
            parts.append(session.first_view(images).cars)
    probabilities = []
    for model, parts in zip(models, seen, strict=True):
        # A model that knows more classes chooses among those that the photos may show.
        columns = [model.labels.index(label) for label in labels]
        probabilities.append(softmax(np.concatenate(parts)[:, columns]))
    return Judged(models, photos, labels, probabilities, [session.milliseconds() for session in sessions])


def compare(judged: Judged) -> dict[str, Any]:
    """All figures, as plain data."""
    makes = [parse_label(label).make for label in judged.labels]
    return {
        "made": datetime.now(UTC).date().isoformat(),
        "photos": len(judged.photos),
        "classes": len(judged.labels),
        "models": [_figures(judged, index, makes) for index in range(len(judged.models))],
        "by make": _by_group(judged, makes),
        "by class": _by_group(judged, judged.labels),
        "confusions": _confusions(judged),
    }


def _figures(judged: Judged, index: int, makes: list[str]) -> dict[str, Any]:
    model, probabilities = judged.models[index], judged.probabilities[index]
    labels, taken = judged.photos.labels, judged.milliseconds[index]
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = predicted == labels
    top_5, make = (
        metrics.top_k_hits(probabilities, labels, 5),
        metrics.group_hits(probabilities, labels, makes),
    )
    figures: dict[str, Callable[[np.ndarray], float]] = {
        "top-1": lambda drawn: float(right[drawn].mean()),
        "top-5": lambda drawn: float(top_5[drawn].mean()),
        "make": lambda drawn: float(make[drawn].mean()),
        "macro F1": lambda drawn: metrics.macro_f1(predicted[drawn], labels[drawn], len(judged.labels)),
        "calibration error": lambda drawn: metrics.calibration_error(confidence[drawn], right[drawn]),
    }
    return {
        "name": model.name,
        "architecture": model.architecture,
        "input": model.input.size,
        "classes": len(model.labels),
        "parameters": model.parameters,
        "multiply-adds": model.multiply_adds,
        "bytes": len(model.model),
        "milliseconds": metrics.interval(lambda drawn: float(np.median(taken[drawn])), len(taken)),
        **{name: metrics.interval(figure, len(labels)) for name, figure in figures.items()},
        "reliability": metrics.reliability(confidence, right),
        "curve": model.curve(),
        **{key: model.facts.get(key) for key in ("weights", "device", "seconds")},
        "teacher": (model.recipe.get("distill") or {}).get("teacher"),
    }


def _by_group(judged: Judged, groups: Sequence[str]) -> list[dict[str, Any]]:
    """For each group of classes how many photos it has and which share of them each model names rightly (the group)."""
    of_photo = np.array(groups)[judged.photos.labels]
    hits = [metrics.group_hits(p, judged.photos.labels, groups) for p in judged.probabilities]
    return [
        {
            "name": str(group),
            "photos": int((of_photo == group).sum()),
            "right": [float(hit[of_photo == group].mean()) for hit in hits],
        }
        for group in np.unique(of_photo)
    ]


def _confusions(judged: Judged) -> list[dict[str, Any]]:
    """The pairs that the best model mixes up most: counts, and indices of photos that show both classes."""
    labels, predicted = judged.photos.labels, judged.probabilities[judged.best].argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    pairs = Counter(zip(labels[wrong].tolist(), predicted[wrong].tolist(), strict=True))
    rows = []
    for (own, other), count in pairs.most_common(CONFUSIONS):
        mistaken = wrong[(labels[wrong] == own) & (predicted[wrong] == other)]
        alike = np.flatnonzero(labels == other)
        rows.append({
            "label": judged.labels[own],
            "taken for": judged.labels[other],
            "photos": count,
            "example": int(mistaken[0]),
            "other": int(alike[0]) if len(alike) else None,
        })  # fmt: skip
    return rows


def prediction_sample(judged: Judged, count: int) -> list[int]:
    """Indices of photos for a grid of predictions: as many wrong ones of the best model as right ones, where there are."""
    right = judged.probabilities[judged.best].argmax(axis=1) == judged.photos.labels
    seeded = np.random.default_rng(0)
    wrong = seeded.permutation(np.flatnonzero(~right))[: count // 2].tolist()
    return sorted(wrong + seeded.permutation(np.flatnonzero(right))[: count - len(wrong)].tolist())
