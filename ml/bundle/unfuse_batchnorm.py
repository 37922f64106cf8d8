"""Back from a bundle to a network that can learn: batch norms are put in again where fusing took them out.

The way back from `ml.network.car_net.fuse_batchnorm`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from ml.bundle.bundle import WEIGHTS, Bundle
from ml.data.photos import Source, open_photo, to_input
from ml.network.car_net import CarNet, hidden_of, load_fused

#: Photos that the statistics of the batch norms are measured on.
PHOTOS = 64
BATCH = 8


def unfuse_batchnorm(bundle: Bundle, photos: Sequence[Source]) -> CarNet:
    """A network that answers as the bundle's does and has its batch norms again, measured on up to PHOTOS of
    `photos`.

    A fused convolution does what the norm after it did. The norm is given the mean and variance that its
    input has on real photos, and the scale and shift that undo them: in evaluation nothing changes, and in
    training it normalises as it did before. Raises WeightsError where the bundle's tensors don't fit its
    architecture, PhotoError where a photo can't be decoded.
    """
    settings, classes = bundle.settings, len(bundle.labels)
    fused = load_fused(settings.architecture, bundle.path / WEIGHTS, classes=classes).eval()
    model = CarNet(settings.architecture, classes=classes, hidden=hidden_of(fused.state_dict()))
    state = fused.state_dict()
    own = model.state_dict()
    pairs = _pairs(model)
    moments = _moments(fused, [convolution for convolution, _ in pairs], _inputs(bundle, photos))
    for name, tensor in state.items():
        if name in own:
            own[name] = tensor.reshape(own[name].shape)
    for convolution, norm in pairs:
        mean, variance = moments[convolution]
        bias = state[f"{convolution}.bias"]
        # A convolution that has a bias of its own keeps it, so the norm sees it too.
        own[f"{norm}.running_mean"] = mean + bias if f"{convolution}.bias" in own else mean
        own[f"{norm}.running_var"] = variance
        own[f"{norm}.weight"] = torch.sqrt(variance + cast("nn.BatchNorm2d", model.get_submodule(norm)).eps)
        own[f"{norm}.bias"] = bias + mean
    model.load_state_dict(own)
    return model.eval()


def _pairs(model: nn.Module) -> list[tuple[str, str]]:
    """Names of each convolution and the norm after it, as `ml.network.car_net.fuse_batchnorm` pairs them."""
    found = []
    for prefix, parent in model.named_modules():
        children = list(parent.named_children())
        for (first, convolution), (second, norm) in itertools.pairwise(children):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                found.append((f"{prefix}.{first}".lstrip("."), f"{prefix}.{second}".lstrip(".")))
    return found


class _Moments:
    """Mean and variance by channel of what a convolution gives without its bias, over cells and photos."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        self._bias = cast("Tensor", convolution.bias)[:, None, None]
        self._sum = self._squares = torch.zeros(convolution.out_channels, dtype=torch.float64)
        self._count = 0
        self._handle: RemovableHandle = convolution.register_forward_hook(self._add)

    def _add(self, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        values = (output - self._bias).double()
        self._sum = self._sum + values.sum(dim=(0, 2, 3))
        self._squares = self._squares + values.square().sum(dim=(0, 2, 3))
        self._count += values.numel() // values.shape[1]

    def finish(self) -> tuple[Tensor, Tensor]:
        """Stop watching; (mean, variance), each (channels) float32."""
        self._handle.remove()
        mean = self._sum / self._count
        return mean.float(), (self._squares / self._count - mean.square()).clamp(min=0).float()


@torch.no_grad()
def _moments(fused: CarNet, convolutions: Sequence[str], inputs: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and variance by channel of what each convolution gives, without its bias."""
    watched = {name: _Moments(cast("nn.Conv2d", fused.get_submodule(name))) for name in convolutions}
    for start in range(0, len(inputs), BATCH):
        fused(inputs[start : start + BATCH])
    return {name: moments.finish() for name, moments in watched.items()}


def _inputs(bundle: Bundle, photos: Sequence[Source]) -> Tensor:
    """Up to PHOTOS of the photos, evenly spread, as the network sees them."""
    spec = bundle.settings.input
    chosen = photos[:: max(1, len(photos) // PHOTOS)][:PHOTOS]
    arrays = [to_input(open_photo(photo), size=spec.size, mean=spec.mean, std=spec.std) for photo in chosen]
    return torch.from_numpy(np.stack(arrays))
