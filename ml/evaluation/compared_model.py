"""A model as it would be served, from a run or a bundle alike: what can be compared, and what finds odd labels."""

from __future__ import annotations

import csv
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from ml.bundle.bundle import CARD, MODEL, WEIGHTS, Input, read_bundle
from ml.bundle.export import load_run, to_onnx
from ml.data.photo_table import Photo
from ml.data.photos import open_photo, to_input
from ml.data.transforms import IMAGENET_MEAN, IMAGENET_STD
from ml.exceptions import DataError, PhotoError
from ml.network.car_net import CarNet, fuse_batchnorm, load_fused
from ml.serving.runtime import Arrays

TIMED, WARM_UP = 30, 5


@dataclass(frozen=True)
class ComparedModel:
    """A model, its labels in order, and what is known of its making. `recipe` is empty where a bundle says no more."""

    name: str
    path: Path
    labels: list[str]
    input: Input
    architecture: str
    network: CarNet
    recipe: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def model(self) -> bytes:
        """The ONNX file: the bundle's, or one that is made of the run."""
        file = self.path / MODEL
        return file.read_bytes() if file.exists() else to_onnx(self.network, size=self.input.size)

    @property
    def parameters(self) -> int:
        """Numbers that were learned, batch norms fused."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one forward pass."""
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            self.network(torch.zeros(1, 3, self.input.size, self.input.size))
        return int(counter.get_total_flops() // 2)

    def start(self, threads: int) -> Session:
        """The model on ONNX Runtime."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])
        return Session(session, self.input)

    def curve(self) -> dict[str, list[tuple[int, float]]]:
        """Figures by epoch (name to [(epoch, value)]) from the logs of all starts of the run; empty for a bundle."""
        values: dict[str, dict[int, float]] = defaultdict(dict)
        logs = sorted(self.path.glob("log/**/metrics.csv"), key=lambda log: log.stat().st_mtime)
        for log in logs:
            with log.open(newline="") as lines:
                for row in csv.DictReader(lines):
                    for name in ("train_loss", "val_loss", "val_top1"):
                        if row.get(name):
                            values[name][int(row["epoch"]) + 1] = float(row[name])
        return {name: sorted(points.items()) for name, points in values.items()}


@dataclass(frozen=True)
class Session:
    """A model that runs; sees photos once, whole."""

    session: Any
    input: Input

    def first_view(self, images: Sequence[Image.Image]) -> Arrays:
        """What the network says of decoded photos."""
        spec = self.input
        photos = [to_input(image, size=spec.size, mean=spec.mean, std=spec.std) for image in images]
        return Arrays(*self.session.run(None, {self.session.get_inputs()[0].name: np.stack(photos)}))

    def milliseconds(self) -> np.ndarray:
        """How long one photo takes the network, several times over."""
        image = Image.new("RGB", (self.input.size, self.input.size), (120, 110, 100))
        taken = []
        for _ in range(WARM_UP + TIMED):
            start = time.perf_counter()
            self.first_view([image])
            taken.append(1000 * (time.perf_counter() - start))
        return np.array(taken[WARM_UP:])


def open_model(path: Path) -> ComparedModel:
    """Read a run's folder or a bundle. Raises DataError, WeightsError or BundleError where it is neither."""
    if (path / CARD).exists():
        bundle = read_bundle(path)
        settings, labels = bundle.settings, [label.label for label in bundle.labels]
        network = load_fused(settings.architecture, path / WEIGHTS, classes=len(labels))
        return ComparedModel(
            f"{bundle.name} {bundle.version}",
            path,
            labels,
            settings.input,
            settings.architecture,
            network,
        )
    model, labels, recipe = load_run(path)
    facts = path / "facts.json"
    return ComparedModel(
        path.name,
        path,
        labels,
        Input(recipe["size"], IMAGENET_MEAN, IMAGENET_STD),
        recipe["architecture"],
        fuse_batchnorm(model),
        recipe,
        json.loads(facts.read_text()) if facts.exists() else {},
    )


def decoded(photos: Sequence[Photo], *, batch: int = 16) -> Iterator[list[Image.Image]]:
    """Photos decoded, a few at a time. Raises DataError naming one that can't be."""
    for start in range(0, len(photos), batch):
        images = []
        for photo in photos[start : start + batch]:
            try:
                images.append(open_photo(photo.path))
            except PhotoError as error:
                raise DataError(f"{photo.path}: {error} Remove it or repair it.") from error
        yield images
