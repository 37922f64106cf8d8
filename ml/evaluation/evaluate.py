"""How good a bundle is on photos it has not seen: a report as plain data, for JSON and for the model card."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle.bundle import Bundle
from ml.data.splits import SCENES, Photo, apply_split, find_photos, read_chosen, read_folder, read_split
from ml.evaluation import metrics
from ml.evaluation.batch_outputs import BatchOutputs, compute_outputs
from ml.evaluation.corruptions import all_corruptions
from ml.evaluation.multi_photo import measure_photo_groups
from ml.exceptions import DataError
from ml.serving.answers import choose_scene, decide
from ml.serving.embedding_projection import EmbeddingProjection
from ml.serving.loaded_bundle import LoadedBundle
from ml.serving.openset import cosines, familiarity
from ml.serving.views import softmax

#: Of the validation photos, every so many-th is put through the corruptions; of a folder of other photos at most so many.
CORRUPTION_STRIDE = 2
MOST_OTHERS = 400
CONFUSIONS = 20
#: Photos of each class that the projection of a bundle is made of.
LEARNED_EACH = 20
#: What the classes that a recipe leaves out are called among unknown cars.
LEFT_OUT = "classes left out of training"


@dataclass(frozen=True)
class Sources:
    """Where the photos of an evaluation are; only `cars` and their splits are needed.

    `unknown` are folders of cars that the model does not know; `makes` is a folder of folders named by make, judged by
    make where the model knows it and as unknown cars where it does not. `only` and `leave_out` are as in ml.recipes.Data;
    cars that were left out are judged as unknown ones.
    """

    cars: tuple[Path, ...]
    cars_split: tuple[Path, ...]
    scenes: Path | None = None
    scenes_split: Path | None = None
    unknown: tuple[Path, ...] = ()
    makes: Path | None = None
    only: tuple[str, ...] = ()
    leave_out: Path | None = None


@dataclass(frozen=True)
class Material:
    """The photos of an evaluation. `learned` are some that the model was trained on."""

    cars: list[Photo]
    scenes: list[Photo] = field(default_factory=list)
    unknown: dict[str, list[Photo]] = field(default_factory=dict)
    makes: dict[str, list[Photo]] = field(default_factory=dict)
    learned: list[Photo] = field(default_factory=list)


def read_material(sources: Sources, bundle: Bundle) -> Material:
    """Collect the photos. Raises DataError where a folder is missing or holds other classes than the bundle."""
    photos, labels = read_chosen(sources.cars, only=sources.only, leave_out=sources.leave_out)
    if labels != [label.label for label in bundle.labels]:
        raise DataError(
            f"{' and '.join(map(str, sources.cars))}: other classes than {bundle.path} knows, so right can't be told "
            "from wrong."
        )
    learned, cars = apply_split(photos, *sources.cars_split)
    scenes = (
        read_scenes(sources.scenes, sources.scenes_split)[1]
        if sources.scenes and sources.scenes_split
        else []
    )
    unknown = {folder.name: _thinned(find_photos(folder)) for folder in sources.unknown}
    if sources.leave_out:
        # None of their photos was learned from, on whichever side of the split it is.
        unknown[LEFT_OUT] = [
            photo for parts in read_left_out(sources).values() for part in parts for photo in part
        ]
    makes: dict[str, list[Photo]] = {}
    for folder in sorted(sources.makes.iterdir()) if sources.makes else ():
        known = folder.name in {label.make for label in bundle.labels}
        (makes if known else unknown)[folder.name] = _thinned(find_photos(folder))
    return Material(cars, scenes, unknown, makes, _some_of_each(learned))


def read_left_out(sources: Sources) -> dict[str, tuple[list[Photo], list[Photo]]]:
    """(training, validation) photos of each class that was left out, with the label -1: none of the classes."""
    photos, labels = read_folder(*sources.cars)
    names = read_split(sources.leave_out) if sources.leave_out else set()
    found: dict[str, tuple[list[Photo], list[Photo]]] = {name: ([], []) for name in sorted(names)}
    for number, part in enumerate(apply_split(photos, *sources.cars_split)):
        for photo in part:
            if (name := labels[photo.label]) in names:
                found[name][number].append(replace(photo, label=-1))
    return found


def _some_of_each(photos: list[Photo]) -> list[Photo]:
    """At most LEARNED_EACH photos of each class, drawn with a fixed seed."""
    seen: Counter[int] = Counter()
    chosen = []
    for photo in random.Random(0).sample(photos, len(photos)):
        seen[photo.label] += 1
        if seen[photo.label] <= LEARNED_EACH:
            chosen.append(photo)
    return sorted(chosen, key=lambda photo: photo.name)


def _thinned(photos: list[Photo]) -> list[Photo]:
    return photos[:: math.ceil(len(photos) / MOST_OTHERS)]


def read_scenes(root: Path, split: Path) -> tuple[list[Photo], list[Photo]]:
    """(training, validation) photos of a folder of scenes, labelled in the order of SCENES."""
    photos, names = read_folder(root)
    if unknown := sorted(set(names) - set(SCENES)):
        raise DataError(f"{root} has folders {unknown}; scenes are called {list(SCENES)}.")
    order = [SCENES.index(name) for name in names]
    return apply_split([Photo(p.path, p.name, order[p.label]) for p in photos], split)


def evaluate(loaded: LoadedBundle, material: Material) -> dict[str, Any]:
    """The whole report. Prints its progress to stderr."""
    judge = _Judge(loaded.bundle, loaded.projection)
    cars = compute_outputs(loaded, material.cars, title="validation photos")[0]
    report = {"bundle": _identity(loaded.bundle), "photos": len(material.cars), **judge.cars(cars)}
    if several := measure_photo_groups(cars, temperature=loaded.bundle.settings.calibration.cars):
        report["several photos"] = several
    strangers: dict[str, BatchOutputs] = {}
    if material.scenes:
        scenes = compute_outputs(loaded, material.scenes, title="scenes")[0]
        report["scenes"] = judge.scenes(cars, scenes)
        strangers["not a car"] = scenes.part(np.flatnonzero(scenes.labels == SCENES.index("other")))
    backgrounds = [photo.path for photo in material.scenes if SCENES[photo.label] == "other"]
    for name, corruption in all_corruptions(backgrounds).items():
        sample = material.cars[::CORRUPTION_STRIDE]
        report.setdefault("robustness", {})[name] = judge.both(
            compute_outputs(loaded, sample, corruption=corruption, title=name)[0]
        )
    for make, photos in material.makes.items():
        report.setdefault("other sources", {})[make] = judge.make(
            compute_outputs(loaded, photos, title=make)[0], make
        )
    for name, photos in material.unknown.items():
        strangers[name] = compute_outputs(loaded, photos, title=name)[0]
        report.setdefault("unknown cars", {})[name] = judge.decisions(strangers[name])
    report["open set"] = judge.open_set(cars, strangers)
    return report


def _identity(bundle: Bundle) -> dict[str, str]:
    return {"name": bundle.name, "version": bundle.version, "digest": bundle.digest}


class _Judge:
    """Turns observations into figures by the labels, temperature and thresholds of a bundle."""

    def __init__(self, bundle: Bundle, projection: EmbeddingProjection | None) -> None:
        self.projection = projection
        self.labels = bundle.labels
        self.settings = bundle.settings
        self.makes = [label.make for label in bundle.labels]
        self.models = [(label.make, label.model) for label in bundle.labels]

    def probabilities(self, seen: BatchOutputs) -> np.ndarray:
        """Two views together, as served."""
        return seen.labelled().probabilities(self.settings.calibration.cars)

    def cars(self, seen: BatchOutputs) -> dict[str, Any]:
        """Everything about photos of known classes."""
        one, two = softmax(seen.first.cars, self.settings.calibration.cars), self.probabilities(seen)
        return {
            "one look": self._figures(one, seen.labels),
            "two looks": self._figures(two, seen.labels),
            "decisions": self.decisions(seen),
            "classes": self._classes(two, seen.labels),
            "confusions": self._confusions(two, seen.labels),
            "reliability": metrics.reliability(two.max(axis=1), two.argmax(axis=1) == seen.labels),
        }

    def both(self, seen: BatchOutputs) -> dict[str, float]:
        """Share right of one view and of two, and of makes by two."""
        two = self.probabilities(seen)
        return {
            "one look top-1": float((seen.first.cars.argmax(axis=1) == seen.labels).mean()),
            "two looks top-1": float((two.argmax(axis=1) == seen.labels).mean()),
            "two looks top-5": float(metrics.top_k_hits(two, seen.labels, 5).mean()),
            "two looks make": float(metrics.group_hits(two, seen.labels, self.makes).mean()),
        }

    def make(self, seen: BatchOutputs, make: str) -> dict[str, Any]:
        """Photos of which only the make is known: how often it is named first, by one view and by two."""
        answers = {}
        for name, shares in (
            ("one look", softmax(seen.first.cars, self.settings.calibration.cars)),
            ("two looks", self.probabilities(seen)),
        ):
            sums, names = metrics.group_sums(shares, self.makes)
            answers[name] = float((sums.argmax(axis=1) == names.index(make)).mean())
        return {"photos": len(seen.labels), **answers, "decisions": self.decisions(seen)}

    def decisions(self, seen: BatchOutputs) -> dict[str, dict[str, float]]:
        """For each decision the share of the photos that get it, and how many of those are right."""
        two = self.probabilities(seen)
        scenes = softmax(seen.scene_logits, self.settings.calibration.scenes)
        thresholds = self.settings.thresholds
        made = np.array([
            decide(choose_scene(scene, thresholds), float(confidence), thresholds, known=bool(known))
            for scene, confidence, known in zip(scenes, two.max(axis=1), self.known(seen), strict=True)
        ])  # fmt: skip
        right = two.argmax(axis=1) == seen.labels
        return {
            name: {
                "share": float((made == name).mean()),
                "right": float(right[made == name].mean() if name in made else 0),
            }
            for name in ("sure", "unsure", "unknown")
        }

    def familiarity(self, seen: BatchOutputs) -> np.ndarray:
        """(N): how familiar each photo is; without a projection, its best probability."""
        how = self.settings.familiarity
        if how is None or self.projection is None:
            return self.probabilities(seen).max(axis=1)
        closest = cosines(self.projection.project(seen.embedding), self.projection.centroids).max(axis=1)
        return familiarity(how, seen.car_logits, closest)

    def log_exterior(self, seen: BatchOutputs) -> np.ndarray:
        """(N): log of the probability that each photo is of a car from outside."""
        exterior = softmax(seen.scene_logits, self.settings.calibration.scenes)[:, SCENES.index("exterior")]
        return np.log(np.maximum(exterior, 1e-12))

    def known(self, seen: BatchOutputs) -> np.ndarray:
        """(N) booleans: whether each photo is familiar enough to be of a known car."""
        how = self.settings.familiarity
        if how is None or self.projection is None:
            return np.ones(len(seen.labels), bool)
        return self.familiarity(seen) >= how.threshold

    def open_set(self, cars: BatchOutputs, strangers: dict[str, BatchOutputs]) -> dict[str, dict[str, Any]]:
        """For each sort of photos of no known car: how well familiarity tells them from known cars.

        `area` is that under the ROC curve, `area with scene` that of familiarity plus the log of the probability of a car from
        outside, `called unknown` the share that gets this answer, whatever the reason.
        """
        own = self.familiarity(cars)
        return {
            name: {
                "photos": len(seen.labels),
                "area": metrics.roc_interval(own, self.familiarity(seen)),
                "area with scene": metrics.roc_interval(
                    own + self.log_exterior(cars), self.familiarity(seen) + self.log_exterior(seen)
                ),
                "called unknown": self.decisions(seen)["unknown"]["share"],
            }
            for name, seen in strangers.items()
        }

    def scenes(self, cars: BatchOutputs, scenes: BatchOutputs) -> dict[str, dict[str, int]]:
        """How many photos of each scene (rows) are taken for each scene; the cars are the exterior ones."""
        truth = np.concatenate([np.full(len(cars.labels), SCENES.index("exterior")), scenes.labels])
        probabilities = softmax(
            np.concatenate([cars.scene_logits, scenes.scene_logits]), self.settings.calibration.scenes
        )
        taken = [choose_scene(row, self.settings.thresholds) for row in probabilities]
        counts = Counter(zip((SCENES[i] for i in truth), taken, strict=True))
        return {row: {column: counts[row, column] for column in SCENES} for row in SCENES}

    def _figures(self, probabilities: np.ndarray, labels: np.ndarray) -> dict[str, dict[str, float]]:
        predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
        right = predicted == labels
        hits = {
            "top-1": right,
            "top-5": metrics.top_k_hits(probabilities, labels, 5),
            "make": metrics.group_hits(probabilities, labels, self.makes),
            "model": metrics.group_hits(probabilities, labels, self.models),
        }
        figures = {name: _share(own) for name, own in hits.items()}
        figures["macro F1"] = metrics.interval(
            lambda drawn: metrics.macro_f1(predicted[drawn], labels[drawn], len(self.labels)), len(labels)
        )
        figures["calibration error"] = metrics.interval(
            lambda drawn: metrics.calibration_error(confidence[drawn], right[drawn]), len(labels)
        )
        figures["log loss"] = metrics.interval(
            lambda drawn: metrics.log_loss(probabilities[drawn], labels[drawn]), len(labels)
        )
        return figures

    def _classes(self, probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, Any]]:
        predicted = probabilities.argmax(axis=1)
        rows = []
        for index, label in enumerate(self.labels):
            of, said = labels == index, predicted == index
            right = int((of & said).sum())
            rows.append(
                {"label": label.label, "photos": int(of.sum()), "named": int(said.sum()), "right": right}
            )
        return rows

    def _confusions(self, probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, Any]]:
        predicted = probabilities.argmax(axis=1)
        wrong = predicted != labels
        pairs = Counter(zip(labels[wrong].tolist(), predicted[wrong].tolist(), strict=True))
        return [
            {"label": self.labels[own].label, "taken for": self.labels[other].label, "photos": count}
            for (own, other), count in pairs.most_common(CONFUSIONS)
        ]


def _share(hits: np.ndarray) -> dict[str, float]:
    return metrics.interval(lambda drawn: float(hits[drawn].mean()), len(hits))
