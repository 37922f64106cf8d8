"""A run or a bundle as it is compared with others: one view of the whole photo, on ONNX Runtime."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from ml.bundle.bundle import MODEL, Input
from ml.bundle.export import to_onnx
from ml.bundle.saved_models import SavedModel, open_model
from ml.data.photos import to_input
from ml.network.car_net import CarNet
from ml.serving.runtime import Arrays
from ml.training.run_log import figures_by_epoch

TIMED, WARM_UP = 30, 5


@dataclass(frozen=True)
class ComparedModel:
    """A saved model, what it costs, and how it learned."""

    saved: SavedModel

    @classmethod
    def open(cls, path: Path) -> ComparedModel:
        """Read a run's folder or a bundle. Raises as `open_model`."""
        return cls(open_model(path))

    @cached_property
    def network(self) -> CarNet:
        """The network with its batch norms fused."""
        return self.saved.fused()

    @cached_property
    def onnx(self) -> bytes:
        """The ONNX file: the bundle's, or one that is made of the run."""
        file = self.saved.path / MODEL
        return file.read_bytes() if file.exists() else to_onnx(self.network, size=self.saved.input.size)

    @property
    def parameters(self) -> int:
        """Numbers that were learned, batch norms fused."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one forward pass of one photo."""
        counter = FlopCounterMode(display=False)
        size = self.saved.input.size
        with counter, torch.no_grad():
            self.network(torch.zeros(1, 3, size, size))
        return int(counter.get_total_flops() // 2)

    def start(self, threads: int) -> Session:
        """The model on ONNX Runtime."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])
        return Session(session, self.saved.input)

    def curve(self) -> dict[str, list[tuple[int, float]]]:
        """Figures by epoch, as name to [(epoch, value)]; empty for a bundle.

        From the logs of all starts of the run.
        """
        return {name: list(points.items()) for name, points in figures_by_epoch(self.saved.path).items()}


@dataclass(frozen=True)
class Session:
    """A model on ONNX Runtime that views whole photos."""

    session: onnxruntime.InferenceSession
    input: Input

    def first_view(self, images: Sequence[Image.Image]) -> Arrays:
        """Outputs of the network for B decoded photos."""
        spec = self.input
        photos = [to_input(image, size=spec.size, mean=spec.mean, std=spec.std) for image in images]
        return Arrays(*self.session.run(None, {self.session.get_inputs()[0].name: np.stack(photos)}))

    def milliseconds(self) -> np.ndarray:
        """(TIMED): how long one photo takes, several times over, after a warm-up."""
        image = Image.new("RGB", (self.input.size, self.input.size), (120, 110, 100))
        taken = []
        for _ in range(WARM_UP + TIMED):
            start = time.perf_counter()
            self.first_view([image])
            taken.append(1000 * (time.perf_counter() - start))
        return np.array(taken[WARM_UP:])
