"""The mean of the weights of runs that started from each other: right more often than any of them, at the
cost of one.

After Izmailov et al. (2018), who average along one run, and Wortsman et al. (2022), who average fine-tuned
ones.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch

from core.files import write_atomically
from ml.bundle.saved_models import open_run
from ml.data.loaders import read_splits
from ml.exceptions import DataError
from ml.recipes import recipe_of
from ml.training.checkpoints import save_whole
from ml.training.memory import keep_freed
from ml.training.scene_head import fit_scene_head


def average_runs(runs: Sequence[Path], out: Path) -> Path:
    """Make the run `out`, whose weights are the mean of those of `runs`; labels and recipe are those of the
    first.

    The scene head is fitted to the features of the mean, which are not the mean of the features. Returns the
    path of the weights. Raises DataError where the runs have different labels or the recipe's photos are
    absent, and as `open_run` does.
    """
    keep_freed()
    models = [open_run(run) for run in runs]
    first = models[0]
    if any(model.labels != first.labels for model in models):
        raise DataError("The runs have different labels, so their weights can't be averaged.")
    states = [model.network.state_dict() for model in models]
    mean = {
        name: torch.stack([state[name].float() for state in states]).mean(dim=0).to(tensor.dtype)
        for name, tensor in first.network.state_dict().items()
    }
    first.network.load_state_dict(mean)
    recipe = recipe_of(first.recipe, f"the recipe of {runs[0]}")
    splits = read_splits(recipe)
    if len(splits.scenes_train):
        fit_scene_head(first.network, recipe, splits)
    write_atomically(out / "recipe.json", json.dumps(first.recipe, indent=2))
    write_atomically(out / "labels.json", json.dumps(first.labels, indent=2))
    save_whole(first.network.state_dict(), out / "model.pt")
    return out / "model.pt"
