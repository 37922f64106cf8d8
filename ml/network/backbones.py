"""Backbones: what turns a photo into a feature map. Ours are small; the others are torchvision's and timm's.

ResNet is of He et al. (2016), MobileNetV2 of Sandler et al. (2018), MobileNetV3 of Howard et al. (2019),
EfficientNet of Tan and Le (2019); EfficientNet-Lite (Google, 2020) is the latter without
squeeze-and-excitation and with ReLU6.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from torch import Tensor, nn

from ml import torchvision_ops
from ml.exceptions import RecipeError

torchvision_ops.ensure()
import timm  # noqa: E402  (needs the line above)
from torchvision import models  # noqa: E402

#: torchvision's architectures, with how many of their children come before the first stage. Other names are
#: timm's.
TORCHVISION = {
    "mobilenet_v2": 1,
    "mobilenet_v3_large": 1,
    "efficientnet_b1": 1,
    "resnet50": 4,
    "resnet101": 4,
}
#: Our small ones, and whether they normalise.
SMALL = {"cnn": False, "cnn_batchnorm": True}
#: Channels after each of the small ones' convolutions.
WIDTHS = (16, 32, 64, 128, 256)


class Backbone(nn.Module):
    """What all backbones have in common. timm's are such without being derived from this class."""

    num_features: int

    def forward_features(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) photos to a feature map (B, num_features, h, w)."""
        raise NotImplementedError


class Stack(nn.Sequential):
    """Layers one after the other, of which the first `stem` come before the first stage."""

    def __init__(self, layers: Iterable[tuple[str, nn.Module]], *, stem: int, num_features: int) -> None:
        super().__init__()
        for name, layer in layers:
            self.add_module(name, layer)
        self.stem = stem
        self.num_features = num_features

    def forward_features(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) photos to a feature map (B, num_features, h, w)."""
        features: Tensor = self(photos)
        return features


def create_backbone(architecture: str, *, drop_path: float = 0.0) -> Backbone:
    """A backbone with random weights.

    `drop_path` is the share of residual blocks that training skips (stochastic depth: Huang et al., 2016), in
    architectures that know it. Raises RecipeError where there is no such architecture.
    """
    return cast("Backbone", _create(architecture, drop_path))


def _create(architecture: str, drop_path: float) -> nn.Module:
    if architecture in SMALL:
        return _small(batch_norm=SMALL[architecture])
    if architecture in TORCHVISION:
        return _torchvision(architecture, drop_path)
    if not timm.is_model(architecture):
        raise RecipeError(
            f"There is no architecture {architecture!r}; there are {', '.join([*SMALL, *TORCHVISION])} and "
            "all of timm's."
        )
    options: dict[str, Any] = {"drop_path_rate": drop_path} if drop_path else {}
    return timm.create_model(architecture, pretrained=False, num_classes=0, global_pool="", **options)


def split_stages(backbone: nn.Module) -> tuple[list[nn.Module], list[nn.Module]]:
    """(stem, stages) of a backbone, from the photo on.

    Raises RecipeError where its stages can't be told apart.
    """
    if isinstance(backbone, Stack):
        children = list(backbone.children())
        return children[: backbone.stem], children[backbone.stem :]
    try:
        stem, stages = [backbone.conv_stem, backbone.bn1], backbone.blocks
    except AttributeError:
        raise RecipeError(
            f"The stages of {type(backbone).__name__} can't be told apart; use `frozen_layers` instead of "
            "`frozen`."
        ) from None
    return cast("list[nn.Module]", stem), list(cast("nn.Sequential", stages))


def single_layers(backbone: nn.Module) -> list[nn.Module]:
    """The convolutions, norms, activations and so on that a backbone is made of, from the photo on."""
    return [module for module in backbone.modules() if not any(True for _ in module.children())]


def _small(*, batch_norm: bool) -> Stack:
    stages = []
    channels = 3
    for number, width in enumerate(WIDTHS):
        norm = [nn.BatchNorm2d(width)] if batch_norm else []
        layers = [nn.Conv2d(channels, width, 3, padding=1), *norm, nn.ReLU(), nn.MaxPool2d(2)]
        stages.append((f"stage{number}", nn.Sequential(*layers)))
        channels = width
    return Stack(stages, stem=0, num_features=channels)


def _torchvision(architecture: str, drop_path: float) -> Stack:
    options = {"stochastic_depth_prob": drop_path} if architecture.startswith("efficientnet") else {}
    whole: Any = models.get_model(architecture, weights=None, **options)
    children = list(whole.named_children())
    layers = whole.features.named_children() if hasattr(whole, "features") else children[:-2]
    classifier = next(module for module in whole.modules() if isinstance(module, nn.Linear))
    return Stack(layers, stem=TORCHVISION[architecture], num_features=classifier.in_features)
