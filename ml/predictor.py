"""From a photo to an answer: what a worker calls. Imports neither torch nor, before the first photo, ONNX Runtime."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from ml.bundle import HEAD, WEIGHTS, Bundle, SecondLook, Thresholds, read_bundle
from ml.data import SCENES
from ml.exceptions import BundleError, PhotoError
from ml.looks import WHOLE, Box, combine, energy, heat_map, second_box, softmax
from ml.networks import Arrays, Network, open_network
from ml.photos import open_photo, to_input
from ml.quality import hints

Source = str | Path | bytes | BinaryIO
#: Candidates, makes and models that an answer names at most.
TOP = 5
#: Photos that go through the network at once in `predict_many`.
BATCH = 8


class Candidate(NamedTuple):
    """One class a photo may show."""

    label: str
    slug: str
    probability: float


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
    comes from; `box` is what the second look saw, in shares of the photo's width and height. `hints` (see `ml.quality`)
    name what may be wrong with the photo.
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


@dataclass(frozen=True)
class Looks:
    """Two looks at B photos; the second is mirrored."""

    first: Arrays
    second: np.ndarray  # (B, C) car logits
    boxes: list[Box]


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

    def predict(self, source: Source) -> Answer:
        """The answer to one photo. Raises PhotoError where it can't be decoded, BundleError as `load` does."""
        return self.load().answers([open_photo(source)])[0]

    def predict_many(self, sources: Iterable[Source], *, batch: int = BATCH) -> Iterator[Answer | PhotoError]:
        """Answers in the order of `sources`, decoded and computed `batch` at a time.

        A photo that can't be decoded yields its PhotoError in its place and stops nothing.
        """
        loaded = self.load()
        rest = iter(sources)
        while group := list(islice(rest, batch)):
            opened = [_try_open(source) for source in group]
            images = [image for image in opened if isinstance(image, Image.Image)]
            answers = iter(loaded.answers(images) if images else [])
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
    network: Network
    head: np.ndarray

    @classmethod
    def open(cls, source: str | Path | Bundle, backend: str, threads: int) -> LoadedBundle:
        bundle = source if isinstance(source, Bundle) else read_bundle(source)
        network = open_network(bundle, backend=backend, threads=threads)
        loaded = cls(bundle, network, _read_head(bundle))
        size = bundle.settings.input.size
        outputs = network(np.zeros((1, 3, size, size), np.float32))
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

    def look(self, images: Sequence[Image.Image]) -> Arrays:
        """The first look: the whole of each image."""
        return self.network(self.inputs(images, [WHOLE] * len(images)))

    def look_closer(self, images: Sequence[Image.Image], first: Arrays, how: SecondLook) -> Looks:
        """The second look: the part of each image that the network was drawn to in the first, mirrored.

        A mirrored car is the same car; two views that differ more err less alike, at no cost.
        """
        boxes = [second_box(strength, how) for strength in energy(first.feature_map)]
        mirrored = np.ascontiguousarray(self.inputs(images, boxes)[..., ::-1])
        return Looks(first, self.network(mirrored).cars, boxes)

    def answers(self, images: Sequence[Image.Image]) -> list[Answer]:
        """One answer for each image."""
        return self.assemble(
            images, self.look_closer(images, self.look(images), self.bundle.settings.second_look)
        )

    def assemble(self, images: Sequence[Image.Image], looks: Looks) -> list[Answer]:
        """Answers from what was seen in both looks."""
        how, calibration = self.bundle.settings.second_look, self.bundle.settings.calibration
        cars = combine(looks.first.cars, looks.second, temperature=calibration.cars, weight=how.weight)
        scenes = softmax(looks.first.scenes, calibration.scenes)
        return [self._answer(image, looks, i, cars[i], scenes[i]) for i, image in enumerate(images)]

    def _answer(
        self, image: Image.Image, looks: Looks, i: int, cars: np.ndarray, scenes: np.ndarray
    ) -> Answer:
        labels, thresholds = self.bundle.labels, self.bundle.settings.thresholds
        # A stable sort, so that equal probabilities come in the same order on every machine.
        order = np.argsort(-cars, kind="stable")[:TOP]
        scene = choose_scene(scenes, thresholds)
        makes: dict[str, float] = defaultdict(float)
        models: dict[tuple[str, str], float] = defaultdict(float)
        for label, probability in zip(labels, cars.tolist(), strict=True):
            makes[label.make] += probability
            models[label.make, label.model] += probability
        return Answer(
            scene=scene,
            scenes=dict(zip(SCENES, scenes.tolist(), strict=True)),
            decision=decide(scene, float(cars[order[0]]), thresholds),
            predictions=tuple(Candidate(labels[j].label, labels[j].slug, float(cars[j])) for j in order),
            makes=tuple(MakeShare(make, share) for make, share in _largest(makes)),
            models=tuple(ModelShare(make, model, share) for (make, model), share in _largest(models)),
            embedding=looks.first.embedding[i],
            heat_map=tuple(map(tuple, heat_map(self.head[order[0]], looks.first.feature_map[i]).tolist())),
            box=looks.boxes[i],
            hints=hints(image),
        )


def choose_scene(scenes: np.ndarray, thresholds: Thresholds) -> str:
    """The name of the scene: a car from outside unless that is less likely than the threshold."""
    shares = dict(zip(SCENES, scenes.tolist(), strict=True))
    if shares.pop("exterior") >= thresholds.exterior:
        return "exterior"
    return max(shares, key=shares.__getitem__)


def decide(scene: str, probability: float, thresholds: Thresholds) -> str:
    """How far the best candidate, of this calibrated probability, may be trusted."""
    if scene != "exterior" or probability < thresholds.unknown:
        return "unknown"
    return "sure" if probability >= thresholds.sure else "unsure"


def _largest(shares: dict[Any, float]) -> list[tuple[Any, float]]:
    return sorted(shares.items(), key=lambda item: -item[1])[:TOP]


def _read_head(bundle: Bundle) -> np.ndarray:
    from safetensors import safe_open

    with safe_open(bundle.path / WEIGHTS, framework="numpy") as tensors:
        return tensors.get_tensor(HEAD).astype(np.float32)
