"""From a photo to an answer: what a worker calls. Imports neither torch nor, before the first photo, ONNX Runtime."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from ml.bundle.bundle import HEAD, WEIGHTS, Bundle, Label, SecondView, Settings, Thresholds, read_bundle
from ml.data.photos import open_photo, to_input
from ml.data.splits import SCENES
from ml.exceptions import BundleError, PhotoError
from ml.serving.embedding_projection import EmbeddingProjection, read_projection
from ml.serving.openset import cosines, familiarity
from ml.serving.prototypes import Prototype, join, project_prototypes
from ml.serving.quality import hints
from ml.serving.runtime import Arrays, Backend, open_backend
from ml.serving.stopwatch import Stopwatch
from ml.serving.views import (
    WHOLE,
    Box,
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

Source = str | Path | bytes | BinaryIO
#: Candidates, makes and models that an answer names at most.
TOP = 5
#: Candidates that are worth keeping when photos of the same car are put together, and the least they need to count.
RANKED, LEAST = 40, 1e-4
#: Known cars that an answer names as similar.
SIMILAR = 8
#: Photos that go through the network at once in `predict_many`.
BATCH = 8


class Candidate(NamedTuple):
    """One class a photo may show."""

    label: str
    slug: str
    probability: float


class Similar(NamedTuple):
    """A known car that looks like the one in the photo; `cosine` (-1 to 1) says how much."""

    label: str
    slug: str
    cosine: float


class MakeShare(NamedTuple):
    """Probability of all classes of a make together."""

    make: str
    probability: float


class ModelShare(NamedTuple):
    """Probability of all classes of a model together."""

    make: str
    model: str
    probability: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What a photo shows. Probabilities are calibrated and sorted, the likeliest first.

    `scene` is "exterior", "interior" or "other"; `decision` is "sure", "unsure" or "unknown", and always "unknown"
    where the scene is not "exterior". `heat_map` (rows of 0-255, over the whole photo) shows where the first candidate
    comes from; `box` is what the second view saw, in shares of the photo's width and height. `hints` (see `ml.serving.quality`)
    name what may be wrong with the photo. `ranking` are all candidates that count when several photos of a car are put
    together (ml.serving.fusion). `familiarity` (see ml.serving.openset) and `similar`, the nearest known cars, are None and empty where the
    bundle has no projection. `seconds` says where its time went: "decode", "first_view", "second_view", "answer".
    """

    scene: str
    scenes: dict[str, float]
    decision: str
    predictions: tuple[Candidate, ...]
    makes: tuple[MakeShare, ...]
    models: tuple[ModelShare, ...]
    embedding: np.ndarray
    heat_map: tuple[tuple[int, ...], ...]
    box: Box
    hints: tuple[str, ...]
    ranking: tuple[Candidate, ...] = ()
    familiarity: float | None = None
    similar: tuple[Similar, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Views:
    """Two views of B photos; the second is mirrored, or the first once more where that one said enough.

    `hints` are what may be wrong with each photo.
    """

    first: Arrays
    second: Arrays
    boxes: list[Box]
    hints: list[tuple[str, ...]]


@dataclass(frozen=True)
class Learned:
    """Cars that were learned without training, and their projected (K, d) in a bundle's projection."""

    labels: tuple[Label, ...]
    projected: np.ndarray


class Predictor:
    """Answers photos with a bundle, which is read and loaded at the first of them. Safe to share between threads.

    `backend` is "auto", "onnx" or "torch"; `threads` are the CPU threads of one forward pass.
    """

    def __init__(self, bundle: str | Path | Bundle, backend: str = "auto", threads: int = 1) -> None:
        self._source = bundle
        self._backend = backend
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: LoadedBundle | None = None
        self._learned: Learned | None = None

    @property
    def bundle(self) -> Bundle:
        """The bundle that answers. Raises BundleError as `load` does."""
        return self.load().bundle

    def load(self) -> LoadedBundle:
        """Load now what the first photo would load. Raises BundleError; the next call then tries again."""
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = LoadedBundle.open(self._source, self._backend, self._threads)
        return self._loaded

    def learn(self, prototypes: Sequence[Prototype]) -> None:
        """Name these cars too from the next photo on, in place of those learned before.

        Cars that the bundle was trained on are left out. Raises BundleError where the bundle can't learn, and as `load`.
        """
        self._learned = self.load().learned(prototypes) if prototypes else None

    @property
    def batch(self) -> int:
        """How many photos at a time it is best asked about. Raises BundleError as `load` does."""
        return self.load().backend.batch

    def predict(self, source: Source) -> Answer:
        """The answer to one photo. Raises PhotoError where it can't be decoded, BundleError as `load` does."""
        answer = next(self.predict_many([source]))
        if isinstance(answer, PhotoError):
            raise answer
        return answer

    def predict_many(self, sources: Iterable[Source], *, batch: int = BATCH) -> Iterator[Answer | PhotoError]:
        """Answers in the order of `sources`, decoded and computed `batch` at a time.

        A photo that can't be decoded yields its PhotoError in its place and stops nothing.
        """
        loaded = self.load()
        rest = iter(sources)
        while group := list(islice(rest, batch)):
            watch = Stopwatch()
            opened = [_try_open(source) for source in group]
            watch.lap("decode")
            images = [image for image in opened if isinstance(image, Image.Image)]
            answers = iter(loaded.answers(images, self._learned, watch) if images else [])
            for image in opened:
                yield image if isinstance(image, PhotoError) else next(answers)


def _try_open(source: Source) -> Image.Image | PhotoError:
    try:
        return open_photo(source)
    except PhotoError as error:
        return error


@dataclass(frozen=True)
class LoadedBundle:
    """A bundle with its network in memory."""

    bundle: Bundle
    backend: Backend
    head: np.ndarray
    projection: EmbeddingProjection | None = field(default=None)

    @classmethod
    def open(cls, source: str | Path | Bundle, backend: str, threads: int) -> LoadedBundle:
        bundle = source if isinstance(source, Bundle) else read_bundle(source)
        opened = open_backend(bundle, backend=backend, threads=threads)
        loaded = cls(bundle, opened, _read_head(bundle), read_projection(bundle))
        size = bundle.settings.input.size
        outputs = opened(np.zeros((1, 3, size, size), np.float32))
        if outputs.cars.shape[1] != len(bundle.labels) or outputs.scenes.shape[1] != len(SCENES):
            raise BundleError(
                f"The network of {bundle.path} has {outputs.cars.shape[1]} outputs for {len(bundle.labels)} labels. "
                "Its files come from different runs: export the run again."
            )
        return loaded

    def inputs(self, images: Sequence[Image.Image], boxes: Sequence[Box]) -> np.ndarray:
        """What the network sees of each image's box, (B, 3, size, size)."""
        spec = self.bundle.settings.input
        return np.stack([
            to_input(image, size=spec.size, mean=spec.mean, std=spec.std, box=None if box is WHOLE else box)
            for image, box in zip(images, boxes, strict=True)
        ])  # fmt: skip

    def first_view(self, images: Sequence[Image.Image]) -> Arrays:
        """The first view: the whole of each image."""
        return self.backend(self.inputs(images, [WHOLE] * len(images)))

    def second_view(
        self,
        images: Sequence[Image.Image],
        first: Arrays,
        how: SecondView,
        remarks: Sequence[tuple[str, ...]] | None = None,
    ) -> Views:
        """The second view: the part of each image that the network was drawn to in the first, mirrored.

        A mirrored car is the same car; two views that differ more err less alike, at no cost. `remarks` are the hints of
        each image where they are known already.
        """
        remarks = [hints(image) for image in images] if remarks is None else list(remarks)
        boxes = [WHOLE] * len(images)
        again = np.flatnonzero(~settled(first.cars, first.scenes, how)).tolist()
        if not again:
            return Views(first, first, boxes, remarks)
        for i, strength in zip(again, energy(first.feature_map[again]), strict=True):
            box = second_box(strength, images[i].size, how)
            if shows_enough(box, images[i].size, how, remarks[i]):
                boxes[i] = box
        inputs = self.inputs([images[i] for i in again], [boxes[i] for i in again])
        seen = self.backend(np.ascontiguousarray(inputs[..., ::-1]))
        if len(again) == len(images):
            return Views(first, seen, boxes, remarks)
        second = Arrays(*(array.copy() for array in first))
        for whole, part in zip(second, seen, strict=True):
            whole[again] = part
        return Views(first, second, boxes, remarks)

    def learned(self, prototypes: Sequence[Prototype]) -> Learned:
        """Prototypes of cars that the bundle was not trained on, ready to join its answers. Raises BundleError."""
        if self.projection is None:
            raise BundleError(
                f"{self.bundle.path} has no projection to compare cars in, so it can't learn from a few photos. Export its run again."
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
        """Answers from what was seen in both views."""
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
                shares = softmax(
                    join(logits / settings.calibration.cars, projected, self.projection, learned.projected)
                )
                near = np.concatenate([near, cosines(projected, learned.projected)], axis=1)
        scenes = softmax(mixed_scenes(views.first.scenes, views.second.scenes), settings.calibration.scenes)
        seen = _Seen(labels, shares, scenes, embeddings, near, _familiar(settings, logits, near))
        return [self._answer(views, seen, i) for i in range(len(shares))]

    def _answer(self, views: Views, seen: _Seen, i: int) -> Answer:
        shares, thresholds = seen.shares[i], self.bundle.settings.thresholds
        # A stable sort, so that equal probabilities come in the same order on every machine.
        order = np.argsort(-shares, kind="stable")[:RANKED]
        ranking = tuple(Candidate(seen.labels[j].label, seen.labels[j].slug, float(shares[j])) for j in order)
        scene = choose_scene(seen.scenes[i], thresholds)
        makes: dict[str, float] = defaultdict(float)
        models: dict[tuple[str, str], float] = defaultdict(float)
        for label, probability in zip(seen.labels, shares.tolist(), strict=True):
            makes[label.make] += probability
            models[label.make, label.model] += probability
        return Answer(
            scene=scene,
            scenes=dict(zip(SCENES, seen.scenes[i].tolist(), strict=True)),
            decision=decide(scene, ranking[0].probability, thresholds, known=self._is_known(seen, i)),
            predictions=ranking[:TOP],
            makes=tuple(MakeShare(make, share) for make, share in _largest(makes)),
            models=tuple(ModelShare(make, model, share) for (make, model), share in _largest(models)),
            embedding=seen.embeddings[i],
            heat_map=tuple(map(tuple, self._heat_map(views, int(order[0]), i).tolist())),
            box=views.boxes[i],
            hints=views.hints[i],
            ranking=tuple(one for one in ranking if one.probability >= LEAST),
            familiarity=None if seen.familiarity is None else float(seen.familiarity[i]),
            similar=seen.similar(i),
        )

    def _is_known(self, seen: _Seen, i: int) -> bool:
        how, best = self.bundle.settings.familiarity, int(seen.shares[i].argmax())
        if how is None or seen.familiarity is None or seen.near is None:
            return True
        if best >= len(self.head):
            return bool(seen.near[i, best] >= how.closest)
        return bool(seen.familiarity[i] >= how.threshold)

    def _heat_map(self, views: Views, best: int, i: int) -> np.ndarray:
        """Of a learned car, which has no weights on the channels, where the trained one looks that fits best."""
        own = best if best < len(self.head) else int(views.first.cars[i].argmax())
        return heat_map(self.head[own], views.first.feature_map[i])


@dataclass(frozen=True)
class _Seen:
    """B photos with both views put together; C classes, learned cars the last of them."""

    labels: tuple[Label, ...]
    shares: np.ndarray  # (B, C)
    scenes: np.ndarray  # (B, 3) probabilities
    embeddings: np.ndarray  # (B, D)
    near: np.ndarray | None  # (B, C) cosines
    familiarity: np.ndarray | None  # (B)

    def similar(self, i: int) -> tuple[Similar, ...]:
        if self.near is None:
            return ()
        order = np.argsort(-self.near[i], kind="stable")[:SIMILAR]
        return tuple(
            Similar(self.labels[j].label, self.labels[j].slug, float(self.near[i, j])) for j in order
        )


def _familiar(settings: Settings, logits: np.ndarray, near: np.ndarray | None) -> np.ndarray | None:
    if settings.familiarity is None or near is None:
        return None
    return familiarity(settings.familiarity, logits, near.max(axis=1))


def choose_scene(scenes: np.ndarray, thresholds: Thresholds) -> str:
    """The name of the scene: a car from outside unless that is less likely than the threshold."""
    shares = dict(zip(SCENES, scenes.tolist(), strict=True))
    if shares.pop("exterior") >= thresholds.exterior:
        return "exterior"
    return max(shares, key=shares.__getitem__)


def decide(scene: str, probability: float, thresholds: Thresholds, *, known: bool = True) -> str:
    """How far the best candidate, of this calibrated probability, may be trusted. `known`: the photo is familiar enough."""
    if scene != "exterior" or not known or probability < thresholds.unknown:
        return "unknown"
    return "sure" if probability >= thresholds.sure else "unsure"


def _largest(shares: dict[Any, float]) -> list[tuple[Any, float]]:
    return sorted(shares.items(), key=lambda item: -item[1])[:TOP]


def _read_head(bundle: Bundle) -> np.ndarray:
    from safetensors import safe_open

    with safe_open(bundle.path / WEIGHTS, framework="numpy") as tensors:
        return tensors.get_tensor(HEAD).astype(np.float32)
