"""What a bundle makes of classes that it was trained without, and of several photos of one car: figures with intervals.

For a bundle whose recipe has `leave_out`. Three questions: does it tell unknown cars from known ones, how well does it name
them after five photos of each, and how much better is one answer to several photos than an answer to one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ml import metrics
from ml.bundle import Label
from ml.data import Photo
from ml.evaluation import Material, Sources, evaluate, read_left_out
from ml.exceptions import BundleError
from ml.fusion import fuse
from ml.looks import softmax
from ml.observation import Observed, observe
from ml.predictor import LEAST, LoadedBundle
from ml.prototypes import FEWEST, Prototype, join, places_of, prototype_of
from ml.space import Space

#: Times that the photos a car is learned from, or that are put together, are drawn anew.
DRAWS = 20


def experiment(loaded: LoadedBundle, material: Material, sources: Sources) -> dict[str, Any]:
    """All three, and the report of `evaluate`. Prints its progress to stderr. Raises BundleError without a space."""
    space_of(loaded)
    report = evaluate(loaded, material)
    known = observe(loaded, material.cars, title="validation photos")[0]
    report["several photos"] = several_photos(loaded, known)
    if left_out := read_left_out(sources):
        report["few photos"] = few_photos(loaded, known, observe_left_out(loaded, left_out))
    return report


def space_of(loaded: LoadedBundle) -> Space:
    """The space of a bundle. Raises BundleError where it has none."""
    if loaded.space is None:
        raise BundleError(f"{loaded.bundle.path} has no space to compare cars in. Export its run again.")
    return loaded.space


def observe_left_out(
    loaded: LoadedBundle, classes: dict[str, tuple[list[Photo], list[Photo]]]
) -> dict[str, tuple[Observed, Observed]]:
    """(training, validation) observations of each class that was left out, in two passes."""
    passes = [
        observe(loaded, [photo for parts in classes.values() for photo in parts[number]], title=title)[0]
        for number, title in enumerate(("left out, to learn from", "left out, to judge by"))
    ]
    ends = [np.cumsum([len(parts[number]) for parts in classes.values()]) for number in (0, 1)]
    spans = [[np.arange(a, b) for a, b in zip([0, *end], end, strict=False)] for end in ends]
    return {
        name: (passes[0].part(spans[0][i]), passes[1].part(spans[1][i])) for i, name in enumerate(classes)
    }


def few_photos(
    loaded: LoadedBundle,
    known: Observed,
    classes: dict[str, tuple[Observed, Observed]],
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


def _drawn(classes: dict[str, tuple[Observed, Observed]], draws: int) -> Iterator[list[np.ndarray]]:
    """FEWEST embeddings of each class, `draws` times."""
    for draw in range(draws):
        random = np.random.default_rng(draw)
        yield [
            seen.embedding[random.choice(len(seen.labels), FEWEST, replace=False)]
            for seen, _ in classes.values()
        ]


def _joined(loaded: LoadedBundle, seen: Observed, prototypes: list[Prototype]) -> np.ndarray:
    space = space_of(loaded)
    logits = seen.car_logits / loaded.bundle.settings.calibration.cars
    return join(logits, space.place(seen.embedding), space, places_of(space, prototypes))


def several_photos(loaded: LoadedBundle, known: Observed, *, draws: int = DRAWS) -> dict[str, Any]:
    """Top-1 of single photos and of pairs and triples of the same class put together; intervals by bootstrap over classes."""
    shares = softmax(known.car_logits, loaded.bundle.settings.calibration.cars)
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


def _spread(values: list[float]) -> dict[str, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return {"value": float(np.mean(values)), "low": float(low), "high": float(high)}
