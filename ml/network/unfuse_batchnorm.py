"""Back from a bundle to a network that can learn: batch norms are put in again where fusing took them out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from ml.bundle.bundle import WEIGHTS, Bundle
from ml.data.photos import open_photo, to_input
from ml.network.car_net import CarNet, hidden_of, load_fused

#: Photos that the statistics of the batch norms are measured on.
PHOTOS = 64
BATCH = 8


def unfuse_batchnorm(bundle: Bundle, photos: Sequence[Any]) -> CarNet:
    """A network that answers as the bundle's does and has its batch norms again, measured on `photos` (paths or files).

    A fused convolution does what the norm after it did. The norm is given the mean and variance that its input has on
    real photos, and the scale and shift that undo them: in evaluation nothing changes, and in training it normalises as
    it did before. Raises WeightsError where the bundle's tensors don't fit its architecture.
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


@torch.no_grad()
def _moments(fused: CarNet, convolutions: Sequence[str], inputs: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and variance by channel of what each convolution gives, without its bias."""
    sums: dict[str, list[Tensor]] = {}

    def watch(name: str, bias: Tensor) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            values = (output - bias[:, None, None]).double()
            parts = [values.sum(dim=(0, 2, 3)), values.square().sum(dim=(0, 2, 3))]
            count = torch.tensor(float(values.numel() / values.shape[1]), dtype=torch.float64)
            known = sums.setdefault(name, [torch.zeros_like(parts[0]), torch.zeros_like(parts[1]), count * 0])
            sums[name] = [a + b for a, b in zip(known, [*parts, count], strict=True)]

        return hook

    hooks = []
    for name in convolutions:
        module = cast("nn.Conv2d", fused.get_submodule(name))
        hooks.append(module.register_forward_hook(watch(name, cast("Tensor", module.bias))))
    for batch in inputs.split(BATCH):
        fused(batch)
    for hook in hooks:
        hook.remove()
    moments = {}
    for name, (total, squares, count) in sums.items():
        mean = total / count
        moments[name] = (mean.float(), (squares / count - mean.square()).clamp(min=0).float())
    return moments


def _inputs(bundle: Bundle, photos: Sequence[Any]) -> Tensor:
    """Up to PHOTOS of the photos, evenly spread, as the network sees them."""
    spec = bundle.settings.input
    chosen = photos[:: max(1, len(photos) // PHOTOS)][:PHOTOS]
    arrays = [to_input(open_photo(photo), size=spec.size, mean=spec.mean, std=spec.std) for photo in chosen]
    return torch.from_numpy(np.stack(arrays))
