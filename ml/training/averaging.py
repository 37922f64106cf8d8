"""The mean of runs that started from each other: right more often than any of them, at the cost of one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch

from core.files import write_atomically
from ml.bundle.export import load_run
from ml.data.loaders import read_splits
from ml.exceptions import DataError
from ml.recipes import recipe_of
from ml.training.checkpoints import save_whole
from ml.training.memory import keep_freed
from ml.training.scene_head import fit_scene_head


def average_runs(runs: Sequence[Path], out: Path) -> Path:
    """A run whose weights are the mean of those of `runs`, which started from each other; labels and recipe of the first.

    The scene head is fitted to the features of the mean, which are not the mean of the features. Returns the path of the
    weights. Raises DataError where the runs have different labels or the recipe's photos are absent, and as `load_run`
    does.
    """
    keep_freed()
    loaded = [load_run(run) for run in runs]
    (first, labels, recipe), *others = loaded
    if any(other[1] != labels for other in others):
        raise DataError("The runs have different labels, so their weights can't be averaged.")
    states = [model.state_dict() for model, _, _ in loaded]
    mean = {
        name: torch.stack([state[name].float() for state in states]).mean(dim=0).to(tensor.dtype)
        for name, tensor in first.state_dict().items()
    }
    first.load_state_dict(mean)
    read = recipe_of(recipe, f"the recipe of {runs[0]}")
    splits = read_splits(read)
    if len(splits.scenes_train):
        fit_scene_head(first, read, splits)
    write_atomically(out / "recipe.json", json.dumps(recipe, indent=2))
    write_atomically(out / "labels.json", json.dumps(labels, indent=2))
    save_whole(first.state_dict(), out / "model.pt")
    return out / "model.pt"
