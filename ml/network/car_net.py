"""The network: a backbone with a car head and a scene head on one feature map.

B photos, C classes, D channels, h x w cells.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ml.exceptions import WeightsError
from ml.network.backbones import create_backbone, single_layers, split_stages


class Outputs(NamedTuple):
    """What one forward pass gives."""

    cars: Tensor  # (B, C) logits
    scenes: Tensor  # (B, 3) logits in the order of ml.data.splits.SCENES
    embedding: Tensor  # (B, D)
    feature_map: Tensor  # (B, D, h, w)


class CarNet(nn.Module):
    """A backbone, dense layers where there are any (`hidden`), and two linear heads on the pooled features.

    The heads are linear on an average of the feature map, so the class activation map of any class (Zhou et
    al., 2016) is that class's weights times the map: no gradient, no second pass. Dense layers are 1 x 1
    convolutions, which read every cell of the map as they read the average, so the same holds for them,
    roughly.

    `classes` and `scenes` are the outputs of the heads, `hidden` the widths of the dense layers, `dropout`
    the share of embedding channels that training leaves out, `drop_path` as in `create_backbone`, whose
    RecipeError is raised too.
    """

    def __init__(
        self,
        architecture: str,
        *,
        classes: int,
        scenes: int = 3,
        hidden: Sequence[int] = (),
        dropout: float = 0.0,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone = create_backbone(architecture, drop_path=drop_path)
        channels = self.backbone.num_features
        self.neck = nn.Sequential()
        for width in hidden:
            self.neck.extend([nn.Conv2d(channels, width, 1), nn.ReLU()])
            channels = width
        self.dropout = nn.Dropout(dropout)
        self.car_head = nn.Linear(channels, classes)
        self.scene_head = nn.Linear(channels, scenes)

    def first_stages(self, count: int) -> list[nn.Module]:
        """The first `count` stages of the backbone and the stem before them; none where `count` is 0.

        Raises RecipeError where the stages can't be told apart.
        """
        if not count:
            return []
        stem, stages = split_stages(self.backbone)
        return [*stem, *stages[:count]]

    def first_layers(self, count: int) -> list[nn.Module]:
        """The first `count` single layers of the backbone."""
        return single_layers(self.backbone)[:count]

    def forward(self, photos: Tensor) -> Outputs:
        """(B, 3, H, W) normalised photos to Outputs."""
        raw = self.backbone.forward_features(photos)
        embedding = self.neck(raw.mean(dim=(2, 3), keepdim=True)).flatten(1)
        features = self.dropout(embedding)
        return Outputs(self.car_head(features), self.scene_head(features), embedding, self.neck(raw))


def fuse_batchnorm(model: CarNet) -> CarNet:
    """A copy, for serving only, whose batch norms (Ioffe and Szegedy, 2015) are fused into the convolutions
    before them.

    It computes the same with a third fewer layers. Matrices and kernels are rounded to what 16 bits hold, so
    that every format that the copy is saved in holds the same numbers. `ml.bundle.unfuse_batchnorm` is the
    way back.
    """
    fused = copy.deepcopy(model).eval()
    for parent in list(fused.modules()):
        _fuse_children(parent)
    with torch.no_grad():
        for parameter in fused.parameters():
            if parameter.ndim > 1:
                parameter.copy_(parameter.half().float())
    return fused


def _fuse_children(parent: nn.Module) -> None:
    """Fuse each convolution of `parent` with the batch norm registered next; the norm's activation stays."""
    children = list(parent.named_children())
    for (_, convolution), (name, norm) in itertools.pairwise(children):
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            mean, variance = cast("tuple[Tensor, Tensor]", (norm.running_mean, norm.running_var))
            convolution.weight, convolution.bias = fuse_conv_bn_weights(
                convolution.weight, convolution.bias, mean, variance, norm.eps, norm.weight, norm.bias
            )
            setattr(parent, name, getattr(norm, "act", nn.Identity()))


def load_fused(architecture: str, weights: Path, *, classes: int) -> CarNet:
    """The fused network of a bundle from its `weights.safetensors`, with gradients off.

    Raises WeightsError where they don't fit.
    """
    try:
        tensors = {name: tensor.float() for name, tensor in load_file(weights).items()}
        hidden = hidden_of(tensors)
        model = fuse_batchnorm(CarNet(architecture, classes=classes, hidden=hidden))
        model.load_state_dict(tensors)
    except (RuntimeError, OSError) as error:
        raise WeightsError(f"The tensors of {weights} do not fit {architecture}: {error}") from None
    return model.requires_grad_(requires_grad=False)


def hidden_of(state: dict[str, Tensor]) -> list[int]:
    """The widths of the dense layers (`hidden`) of a network with these tensors."""
    return [
        len(tensor) for name, tensor in state.items() if name.startswith("neck.") and name.endswith(".weight")
    ]
