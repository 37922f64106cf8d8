"""A bundle's network on ONNX Runtime or PyTorch: the same call, the same four arrays."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ml import packages
from ml.bundle.bundle import MODEL, WEIGHTS, Bundle
from ml.exceptions import BundleError, PackagesError

BACKENDS = ("auto", "onnx", "torch")
#: Photos that keep a GPU busy without making the first of them wait.
GPU_BATCH = 32


class Arrays(NamedTuple):
    """The outputs of the network for B photos; C classes, D channels, h x w cells."""

    cars: NDArray[np.float32]  # (B, C) logits
    scenes: NDArray[np.float32]  # (B, 3) logits in the order of ml.data.splits.SCENES
    embedding: NDArray[np.float32]  # (B, D)
    feature_map: NDArray[np.float32]  # (B, D, h, w)


class Backend(Protocol):
    """Photos (B, 3, size, size) float32, normalised, to Arrays. Safe to call from several threads.

    `batch` is how many photos at a time it is best asked about: on a CPU core several take as long as one
    after the other.
    """

    batch: int

    def __call__(self, photos: NDArray[np.float32]) -> Arrays: ...


class OnnxBackend:
    """The network on ONNX Runtime's CPU provider, with `threads` threads for each call."""

    batch = 1

    def __init__(self, bundle: Bundle, *, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads wait faster, but take the core from the other workers and the web server.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(bundle.path / MODEL), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime raises classes of its own that have no common base
            raise BundleError(
                f"ONNX Runtime can't load {bundle.path / MODEL} ({type(error).__name__}). It may be too old "
                "for this bundle: install the version in requirements.txt."
            ) from error
        self._input = self._session.get_inputs()[0].name

    def __call__(self, photos: NDArray[np.float32]) -> Arrays:
        return Arrays(*self._session.run(None, {self._input: photos}))


class TorchBackend:
    """The network on PyTorch: on a GPU where there is one, and in bfloat16 there; else on `threads` CPU
    threads.

    `half` overrides which precision it computes in.
    """

    def __init__(self, bundle: Bundle, *, threads: int, half: bool | None = None) -> None:
        import torch

        from ml.exceptions import WeightsError
        from ml.network.car_net import load_fused

        self._torch = torch
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._half = self._device == "cuda" if half is None else half
        self.batch = GPU_BATCH if self._device == "cuda" else 1
        if self._device == "cpu":
            torch.set_num_threads(threads)
        try:
            model = load_fused(
                bundle.settings.architecture, bundle.path / WEIGHTS, classes=len(bundle.labels)
            )
        except WeightsError as error:
            raise BundleError(f"{error} Export the run again.") from error
        self._model = model.to(self._device)

    def __call__(self, photos: NDArray[np.float32]) -> Arrays:
        torch = self._torch
        with (
            torch.inference_mode(),
            torch.autocast(self._device, dtype=torch.bfloat16, enabled=self._half),
        ):
            outputs = self._model(torch.from_numpy(photos).to(self._device))
        return Arrays(*(output.float().cpu().numpy() for output in outputs))


def open_backend(bundle: Bundle, *, backend: str = "auto", threads: int = 1) -> Backend:
    """The bundle's network. "auto" is PyTorch where it and a GPU are installed, else ONNX Runtime.

    Raises BundleError where the network can't be loaded, PackagesError where PyTorch is asked for and is not
    there, ValueError for a backend that does not exist.
    """
    if backend not in BACKENDS:
        raise ValueError(f"There is no backend {backend!r}; there are {', '.join(BACKENDS)}.")
    if backend == "auto":
        backend = "torch" if _has_gpu() else "onnx"
    if backend == "torch":
        if importlib.util.find_spec("torch") is None:
            raise PackagesError(packages.how())
        return TorchBackend(bundle, threads=threads)
    return OnnxBackend(bundle, threads=threads)


def _has_gpu() -> bool:
    # Asking PyTorch costs seconds and hundreds of megabytes; the driver's own file answers "no" for nothing.
    if not Path("/proc/driver/nvidia/version").exists() or importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()
