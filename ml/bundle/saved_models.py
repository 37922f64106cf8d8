"""A trained network from wherever it was kept: the folder of a run, or a bundle.

For whatever works on PyTorch.

Serving opens bundles with `ml.serving.loaded_bundle.LoadedBundle.open`, which needs no PyTorch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ml.bundle.bundle import CARD, WEIGHTS, Input, read_bundle
from ml.data.transforms import IMAGENET_MEAN, IMAGENET_STD
from ml.exceptions import DataError, WeightsError
from ml.network.car_net import CarNet, fuse_batchnorm, load_fused


@dataclass(frozen=True)
class SavedModel:
    """A network, its labels in the order of its outputs, and what is known of its making.

    `network` is in evaluation mode: that of a run as it was trained, that of a bundle with its batch norms
    fused. `recipe` and `facts` are those of the run, and empty for a bundle.
    """

    name: str
    path: Path
    labels: list[str]
    input: Input
    architecture: str
    network: CarNet
    recipe: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def fused(self) -> CarNet:
        """The network with its batch norms fused into the convolutions before them."""
        return fuse_batchnorm(self.network) if self.recipe else self.network


def open_model(path: str | Path) -> SavedModel:
    """Read a run's folder or a bundle.

    Raises DataError, WeightsError or BundleError where it is neither or damaged.
    """
    path = Path(path)
    return _open_bundle(path) if (path / CARD).exists() else open_run(path)


def open_run(path: str | Path) -> SavedModel:
    """Read a run's folder: its finished weights, or the best checkpoint of one under way.

    Raises DataError where the folder is no run, WeightsError where it has no weights yet or they don't fit.
    """
    path = Path(path)
    try:
        recipe = json.loads((path / "recipe.json").read_text())
        labels = json.loads((path / "labels.json").read_text())
    except FileNotFoundError as error:
        raise DataError(
            f"{path} is not a run: {Path(error.filename).name} is missing. Give the folder training made."
        ) from None
    network = CarNet(recipe["architecture"], classes=len(labels), hidden=recipe.get("hidden", ()))
    try:
        network.load_state_dict(_weights(path))
    except FileNotFoundError:
        raise WeightsError(f"{path} has no weights yet. Start the training again to go on with it.") from None
    except RuntimeError as error:
        raise WeightsError(f"The weights of {path} do not fit {recipe['architecture']}: {error}") from None
    facts = path / "facts.json"
    return SavedModel(
        name=path.name,
        path=path,
        labels=labels,
        input=Input(recipe["size"], IMAGENET_MEAN, IMAGENET_STD),
        architecture=recipe["architecture"],
        network=network.eval(),
        recipe=recipe,
        facts=json.loads(facts.read_text()) if facts.exists() else {},
    )


def _weights(run: Path) -> dict[str, Tensor]:
    if (run / "model.pt").exists():
        finished: dict[str, Tensor] = torch.load(run / "model.pt", map_location="cpu", weights_only=True)
        return finished
    saved = torch.load(run / "checkpoints" / "best.ckpt", map_location="cpu", weights_only=True)
    return {name.removeprefix("network."): tensor for name, tensor in saved["state_dict"].items()}


def _open_bundle(path: Path) -> SavedModel:
    bundle = read_bundle(path)
    settings = bundle.settings
    return SavedModel(
        name=f"{bundle.name} {bundle.version}",
        path=path,
        labels=[label.label for label in bundle.labels],
        input=settings.input,
        architecture=settings.architecture,
        network=load_fused(settings.architecture, path / WEIGHTS, classes=len(bundle.labels)),
    )
