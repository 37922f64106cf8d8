"""A bundle with its network in memory: two views of each photo, put together into an answer.

B photos, C classes (K of them learned from a few photos), D channels, d directions of the embedding
projection.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.bundle.bundle import HEAD, WEIGHTS, Bundle, Label, SecondView, Settings, read_bundle
from ml.data.photos import to_input
from ml.data.splits import SCENES
from ml.exceptions import BundleError
from ml.serving.answers import Answer, Candidate, MakeShare, ModelShare, Similar, choose_scene, decide
from ml.serving.embedding_projection import EmbeddingProjection, read_projection
from ml.serving.openset import cosines, familiarity
from ml.serving.prototypes import Prototype, join, project_prototypes
from ml.serving.quality import hints
from ml.serving.runtime import Arrays, Backend, open_backend
from ml.serving.stopwatch import Stopwatch
from ml.serving.views import (
    WHOLE,
    Box,
    Floats,
    areas_of,
    energy,
    heat_map,
    mixed,
    mixed_scenes,
    second_box,
    settled,
    shows_enough,
    softmax,
)

#: Candidates, makes and models that an answer names at most.
TOP = 5
#: Candidates that are worth keeping when photos of the same car are fused, and the least probability to
#: count.
RANKED, LEAST = 40, 1e-4
#: Known cars that an answer names as similar.
SIMILAR = 8

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Views:
    """Two views of B photos; the second is mirrored, or the first once more where that one said enough.

    `boxes` are what the second views show, `hints` what may be wrong with each photo (`ml.serving.quality`).
    """

    first: Arrays
    second: Arrays
    boxes: list[Box]
    hints: list[tuple[str, ...]]


@dataclass(frozen=True)
class Learned:
    """K cars that were learned without training: their labels and their projected embeddings (K, d)."""

    labels: tuple[Label, ...]
    projected: Floats


@dataclass(frozen=True)
class LoadedBundle:
    """A bundle, its network on a backend, its car head (C, D) and its embedding projection, if any."""

    bundle: Bundle
    backend: Backend
    head: NDArray[np.float32]
    projection: EmbeddingProjection | None = None

    @classmethod
    def open(cls, source: str | Path | Bundle, backend: str, threads: int) -> LoadedBundle:
        """Read a bundle, load its network and run it once.

        Raises BundleError where its parts don't fit each other.
        """
        bundle = source if isinstance(source, Bundle) else read_bundle(source)
        network = open_backend(bundle, backend=backend, threads=threads)
        loaded = cls(bundle, network, _read_head(bundle), read_projection(bundle))
        size = bundle.settings.input.size
        outputs = network(np.zeros((1, 3, size, size), np.float32))
        if outputs.cars.shape[1] != len(bundle.labels) or outputs.scenes.shape[1] != len(SCENES):
            raise BundleError(
                f"The network of {bundle.path} has {outputs.cars.shape[1]} outputs for {len(bundle.labels)} "
                "labels. Its files come from different runs: export the run again."
            )
        return loaded

    def inputs(self, images: Sequence[Image.Image], boxes: Sequence[Box]) -> NDArray[np.float32]:
        """The input of the network for each image's box, (B, 3, size, size) float32."""
        spec = self.bundle.settings.input
        return np.stack([
            to_input(image, size=spec.size, mean=spec.mean, std=spec.std, box=None if box is WHOLE else box)
            for image, box in zip(images, boxes, strict=True)
        ])  # fmt: skip

    def first_view(self, images: Sequence[Image.Image]) -> Arrays:
        """The outputs for the whole of each image."""
        return self.backend(self.inputs(images, [WHOLE] * len(images)))

    def second_view(
        self,
        images: Sequence[Image.Image],
        first: Arrays,
        how: SecondView,
        remarks: Sequence[tuple[str, ...]] | None = None,
    ) -> Views:
        """Add the part of each image that the network responded to most in the first view, mirrored.

        A mirrored car is the same car; two views that differ more err less alike, at no cost. `remarks` are
        the hints of each image where they are known already.
        """
        remarks = [hints(image) for image in images] if remarks is None else list(remarks)
        boxes = [WHOLE] * len(images)
        needed = np.flatnonzero(~settled(first.cars, first.scenes, how)).tolist()
        if not needed:
            return Views(first, first, boxes, remarks)
        for i, strength in zip(needed, energy(first.feature_map[needed]), strict=True):
            boxes[i] = _box(strength, images[i].size, how, remarks[i])
        inputs = self.inputs([images[i] for i in needed], [boxes[i] for i in needed])
        outputs = self.backend(np.ascontiguousarray(inputs[..., ::-1]))
        if len(needed) < len(images):
            outputs = _replaced(first, needed, outputs)
        return Views(first, outputs, boxes, remarks)

    def learned(self, prototypes: Sequence[Prototype]) -> Learned:
        """Prototypes of cars that the bundle was not trained on, ready to join its answers.

        Raises BundleError where the bundle has no embedding projection.
        """
        if self.projection is None:
            raise BundleError(
                f"{self.bundle.path} has no projection of embeddings, so it can't learn from a few photos. "
                "Export its run again."
            )
        trained = {label.slug for label in self.bundle.labels}
        new = [prototype for prototype in prototypes if prototype.label.slug not in trained]
        return Learned(tuple(prototype.label for prototype in new), project_prototypes(self.projection, new))

    def answers(
        self, images: Sequence[Image.Image], learned: Learned | None = None, watch: Stopwatch | None = None
    ) -> list[Answer]:
        """One answer for each image; `watch` has run since they began to be decoded."""
        watch = watch or Stopwatch()
        first = self.first_view(images)
        watch.lap("first_view")
        views = self.second_view(images, first, self.bundle.settings.second_view)
        watch.lap("second_view")
        answers = self.assemble(views, learned)
        watch.lap("answer")
        return [replace(answer, seconds=watch.shared(len(images))) for answer in answers]

    def assemble(self, views: Views, learned: Learned | None = None) -> list[Answer]:
        """Answers from the outputs of both views, one for each of the B photos."""
        combined = self._combine(views, learned)
        return [self._answer(views, combined, i) for i in range(len(combined.shares))]

    def _combine(self, views: Views, learned: Learned | None) -> _Combined:
        settings = self.bundle.settings
        how, areas = settings.second_view, areas_of(views.boxes)
        logits = mixed(views.first.cars, views.second.cars, areas, how)
        embeddings = mixed(views.first.embedding, views.second.embedding, areas, how)
        labels = self.bundle.labels
        shares = softmax(logits, settings.calibration.cars)
        near = None
        if self.projection is not None:
            projected = self.projection.project(embeddings)
            near = cosines(projected, self.projection.centroids)
            if learned is not None and learned.labels:
                labels += learned.labels
                calibrated = logits / settings.calibration.cars
                shares = softmax(join(calibrated, projected, self.projection, learned.projected))
                near = np.concatenate([near, cosines(projected, learned.projected)], axis=1)
        scenes = softmax(mixed_scenes(views.first.scenes, views.second.scenes), settings.calibration.scenes)
        return _Combined(labels, shares, scenes, embeddings, near, _familiar(settings, logits, near))

    def _answer(self, views: Views, combined: _Combined, i: int) -> Answer:
        shares, thresholds = combined.shares[i], self.bundle.settings.thresholds
        # A stable sort, so that equal probabilities come in the same order on every machine.
        order = np.argsort(-shares, kind="stable")[:RANKED]
        ranking = tuple(
            Candidate(combined.labels[j].label, combined.labels[j].slug, float(shares[j])) for j in order
        )
        scene = choose_scene(combined.scenes[i], thresholds)
        makes, models = combined.sums(i)
        known = self._is_known(combined, i)
        return Answer(
            scene=scene,
            scenes=dict(zip(SCENES, combined.scenes[i].tolist(), strict=True)),
            decision=decide(scene, ranking[0].probability, thresholds, known=known),
            predictions=ranking[:TOP],
            makes=tuple(MakeShare(make, share) for make, share in _largest(makes)),
            models=tuple(ModelShare(make, model, share) for (make, model), share in _largest(models)),
            embedding=combined.embeddings[i],
            heat_map=tuple(map(tuple, self._heat_map(views, int(order[0]), i).tolist())),
            box=views.boxes[i],
            hints=views.hints[i],
            ranking=tuple(one for one in ranking if one.probability >= LEAST),
            familiarity=None if combined.familiarity is None else float(combined.familiarity[i]),
            similar=combined.similar(i),
            decision_as_car=decide("exterior", ranking[0].probability, thresholds, known=known),
        )

    def _is_known(self, combined: _Combined, i: int) -> bool:
        how, best = self.bundle.settings.familiarity, int(combined.shares[i].argmax())
        if how is None or combined.familiarity is None or combined.near is None:
            return True
        if best >= len(self.head):
            return bool(combined.near[i, best] >= how.closest)
        return bool(combined.familiarity[i] >= how.threshold)

    def _heat_map(self, views: Views, best: int, i: int) -> NDArray[np.uint8]:
        # A learned car has no weights on the channels: the map is that of the trained car that fits best.
        own = best if best < len(self.head) else int(views.first.cars[i].argmax())
        return heat_map(self.head[own], views.first.feature_map[i])


@dataclass(frozen=True)
class _Combined:
    """B photos with both views put together; learned cars are the last of the C classes."""

    labels: tuple[Label, ...]
    shares: Floats  # (B, C) probabilities
    scenes: Floats  # (B, 3) probabilities
    embeddings: Floats  # (B, D)
    near: Floats | None  # (B, C) cosines
    familiarity: Floats | None  # (B)

    def sums(self, i: int) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
        """Probabilities of photo i by make, and by make and model."""
        makes: dict[str, float] = defaultdict(float)
        models: dict[tuple[str, str], float] = defaultdict(float)
        for label, probability in zip(self.labels, self.shares[i].tolist(), strict=True):
            makes[label.make] += probability
            models[label.make, label.model] += probability
        return makes, models

    def similar(self, i: int) -> tuple[Similar, ...]:
        """The known cars nearest to photo i by the cosine, the nearest first."""
        if self.near is None:
            return ()
        order = np.argsort(-self.near[i], kind="stable")[:SIMILAR]
        return tuple(
            Similar(self.labels[j].label, self.labels[j].slug, float(self.near[i, j])) for j in order
        )


def _box(strength: Floats, size: tuple[int, int], how: SecondView, remarks: Sequence[str]) -> Box:
    """What a second view should show of a photo: the whole where a closer one would not help."""
    box = second_box(strength, size, how)
    return box if shows_enough(box, size, how, remarks) else WHOLE


def _replaced(outputs: Arrays, indices: list[int], others: Arrays) -> Arrays:
    """A copy of the outputs with those of the photos at `indices` replaced."""
    copies = Arrays(*(array.copy() for array in outputs))
    for copied, other in zip(copies, others, strict=True):
        copied[indices] = other
    return copies


def _familiar(settings: Settings, logits: Floats, near: Floats | None) -> Floats | None:
    if settings.familiarity is None or near is None:
        return None
    return familiarity(settings.familiarity, logits, near.max(axis=1))


def _largest(shares: Mapping[Key, float]) -> list[tuple[Key, float]]:
    return sorted(shares.items(), key=lambda item: -item[1])[:TOP]


def _read_head(bundle: Bundle) -> NDArray[np.float32]:
    from safetensors import safe_open

    with safe_open(bundle.path / WEIGHTS, framework="numpy") as tensors:
        head: NDArray[np.float32] = tensors.get_tensor(HEAD).astype(np.float32)
    return head
