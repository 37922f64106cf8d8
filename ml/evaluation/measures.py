"""Figures of a bundle from its outputs, by its labels, temperatures and thresholds, as it would serve them.

NumPy only.

N photos, C classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from ml.bundle.bundle import Bundle
from ml.data.splits import SCENES
from ml.evaluation import metrics
from ml.evaluation.batch_outputs import BatchOutputs
from ml.evaluation.report import (
    ClassCount,
    Confusion,
    Decision,
    Decisions,
    Figures,
    OpenSet,
    OtherSource,
    Robustness,
)
from ml.serving.answers import choose_scene, decide
from ml.serving.embedding_projection import EmbeddingProjection
from ml.serving.openset import cosines, familiarity
from ml.serving.views import softmax

#: Pairs of classes that a report names.
CONFUSIONS = 20


class BundleMeasures:
    """Figures of outputs of one bundle."""

    def __init__(self, bundle: Bundle, projection: EmbeddingProjection | None) -> None:
        self.projection = projection
        self.labels = bundle.labels
        self.settings = bundle.settings
        self.makes = [label.make for label in bundle.labels]
        self.models = [(label.make, label.model) for label in bundle.labels]

    # --- Probabilities of N photos --------------------------------------------------------------------------
    def first_view(self, outputs: BatchOutputs) -> np.ndarray:
        """(N, C) calibrated probabilities by the first view alone."""
        return softmax(outputs.first.cars, self.settings.calibration.cars)

    def both_views(self, outputs: BatchOutputs) -> np.ndarray:
        """(N, C) calibrated probabilities by both views, as served."""
        return outputs.labelled().probabilities(self.settings.calibration.cars)

    def scene_probabilities(self, outputs: BatchOutputs) -> np.ndarray:
        """(N, 3) calibrated probabilities in the order of SCENES."""
        return softmax(outputs.scene_logits, self.settings.calibration.scenes)

    # --- Known cars -----------------------------------------------------------------------------------------
    def figures(self, probabilities: np.ndarray, labels: np.ndarray) -> Figures:
        """Figures with intervals by (N, C) probabilities and (N) labels."""
        predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
        right, count, classes = predicted == labels, len(labels), len(self.labels)
        return Figures(
            top_1=metrics.share_interval(right),
            top_5=metrics.share_interval(metrics.top_k_hits(probabilities, labels, 5)),
            make=metrics.share_interval(metrics.group_hits(probabilities, labels, self.makes)),
            model=metrics.share_interval(metrics.group_hits(probabilities, labels, self.models)),
            macro_f1=metrics.interval(
                lambda drawn: metrics.macro_f1(predicted[drawn], labels[drawn], classes), count
            ),
            calibration_error=metrics.interval(
                lambda drawn: metrics.calibration_error(confidence[drawn], right[drawn]), count
            ),
            log_loss=metrics.interval(
                lambda drawn: metrics.log_loss(probabilities[drawn], labels[drawn]), count
            ),
        )

    def classes(self, outputs: BatchOutputs) -> tuple[ClassCount, ...]:
        """For each class how many photos it has, how many are named so, and how many both."""
        predicted, labels = self.both_views(outputs).argmax(axis=1), outputs.labels
        rows = []
        for index, label in enumerate(self.labels):
            of, named = labels == index, predicted == index
            rows.append(ClassCount(label.label, int(of.sum()), int(named.sum()), int((of & named).sum())))
        return tuple(rows)

    def confusions(self, outputs: BatchOutputs) -> tuple[Confusion, ...]:
        """The pairs of classes that are mixed up most."""
        predicted, labels = self.both_views(outputs).argmax(axis=1), outputs.labels
        wrong = predicted != labels
        pairs = Counter(zip(labels[wrong].tolist(), predicted[wrong].tolist(), strict=True))
        return tuple(
            Confusion(label=self.labels[own].label, taken_for=self.labels[other].label, photos=count)
            for (own, other), count in pairs.most_common(CONFUSIONS)
        )

    def robustness(self, outputs: BatchOutputs) -> Robustness:
        """Shares right by one view and by both."""
        both, labels = self.both_views(outputs), outputs.labels
        return Robustness(
            first_view_top_1=float((outputs.first.cars.argmax(axis=1) == labels).mean()),
            top_1=float((both.argmax(axis=1) == labels).mean()),
            top_5=float(metrics.top_k_hits(both, labels, 5).mean()),
            make=float(metrics.group_hits(both, labels, self.makes).mean()),
        )

    def other_source(self, outputs: BatchOutputs, make: str) -> OtherSource:
        """Photos of which only the make is known."""
        return OtherSource(
            photos=len(outputs.labels),
            first_view=self._make_share(self.first_view(outputs), make),
            both_views=self._make_share(self.both_views(outputs), make),
            decisions=self.decisions(outputs),
        )

    def _make_share(self, probabilities: np.ndarray, make: str) -> float:
        sums, names = metrics.group_sums(probabilities, self.makes)
        return float((sums.argmax(axis=1) == names.index(make)).mean())

    # --- Decisions and scenes -------------------------------------------------------------------------------
    def decisions(self, outputs: BatchOutputs) -> Decisions:
        """For each decision the share of the photos that get it, and how many of those are right."""
        both, thresholds = self.both_views(outputs), self.settings.thresholds
        rows = zip(self.scene_probabilities(outputs), both.max(axis=1), self.are_known(outputs), strict=True)
        made = np.array([
            decide(choose_scene(scene, thresholds), float(confidence), thresholds, known=bool(known))
            for scene, confidence, known in rows
        ])  # fmt: skip
        right = both.argmax(axis=1) == outputs.labels

        def decision(name: str) -> Decision:
            of = made == name
            return Decision(share=float(of.mean()), right=float(right[of].mean() if of.any() else 0))

        return Decisions(sure=decision("sure"), unsure=decision("unsure"), unknown=decision("unknown"))

    def scenes(self, cars: BatchOutputs, scenes: BatchOutputs) -> dict[str, dict[str, int]]:
        """How many photos of each scene (rows) are taken for each scene; the cars are the exterior ones."""
        own = np.concatenate([np.full(len(cars.labels), SCENES.index("exterior")), scenes.labels])
        probabilities = np.concatenate([self.scene_probabilities(part) for part in (cars, scenes)])
        taken = [choose_scene(row, self.settings.thresholds) for row in probabilities]
        counts = Counter(zip((SCENES[i] for i in own), taken, strict=True))
        return {row: {column: counts[row, column] for column in SCENES} for row in SCENES}

    # --- Open set -------------------------------------------------------------------------------------------
    def familiarity(self, outputs: BatchOutputs) -> np.ndarray:
        """(N): how familiar each photo is; without an embedding projection, its best probability."""
        how = self.settings.familiarity
        if how is None or self.projection is None:
            return np.asarray(self.both_views(outputs).max(axis=1))
        directions = self.projection.project(outputs.embedding)
        closest = cosines(directions, self.projection.centroids).max(axis=1)
        return familiarity(how, outputs.car_logits, closest)

    def are_known(self, outputs: BatchOutputs) -> np.ndarray:
        """(N) booleans: whether each photo is familiar enough to be of a known car."""
        how = self.settings.familiarity
        if how is None or self.projection is None:
            return np.ones(len(outputs.labels), bool)
        return np.asarray(self.familiarity(outputs) >= how.threshold)

    def open_set(self, cars: BatchOutputs, others: Mapping[str, BatchOutputs]) -> dict[str, OpenSet]:
        """For each sort of photos of no known car: how well familiarity tells them from known cars."""
        own = self.familiarity(cars)
        own_with_scene = own + self._log_exterior(cars)
        found = {}
        for name, outputs in others.items():
            scores = self.familiarity(outputs)
            found[name] = OpenSet(
                photos=len(outputs.labels),
                area=metrics.roc_interval(own, scores),
                area_with_scene=metrics.roc_interval(own_with_scene, scores + self._log_exterior(outputs)),
                called_unknown=self.decisions(outputs).unknown.share,
            )
        return found

    def _log_exterior(self, outputs: BatchOutputs) -> np.ndarray:
        """(N): log of the probability that each photo is of a car from outside."""
        exterior = self.scene_probabilities(outputs)[:, SCENES.index("exterior")]
        return np.asarray(np.log(np.maximum(exterior, 1e-12)))
