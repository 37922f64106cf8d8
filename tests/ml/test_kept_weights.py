"""Which weights a run keeps, and the mean of several runs'."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from ml.bundle.saved_models import open_run
from ml.cli.commands import main
from ml.data.loaders import read_splits
from ml.exceptions import DataError
from ml.network.car_net import CarNet
from ml.recipes import Data, Recipe, Stage
from ml.training.averaging import average_runs
from ml.training.train import CarClassifier, _finish
from tests.ml.conftest import CLASSES, write_folder

LABELS = sorted(CLASSES)
SCENES = {"interior": (230, 230, 230), "other": (20, 20, 20)}


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A small network on drawn photos that are split."""
    for name, classes in (("cars", CLASSES), ("scenes", SCENES)):
        write_folder(tmp_path / name, classes, 4)
        assert main(["split", str(tmp_path / name), str(tmp_path / f"{name}.txt"), "--share", "0.34"]) == 0
    data = Data(
        cars=str(tmp_path / "cars"),
        cars_validation=str(tmp_path / "cars.txt"),
        scenes=str(tmp_path / "scenes"),
        scenes_validation=str(tmp_path / "scenes.txt"),
    )
    return Recipe("kept", "cnn", data, (Stage(32, 1),), weights="none", size=32, workers=0)


def write_run(run: Path, recipe: Recipe, *, bias: float, labels: list[str] = LABELS) -> Path:
    """A finished run whose car head has this bias, and whose scene head says nonsense."""
    torch.manual_seed(1)
    network = CarNet(recipe.architecture, classes=len(labels))
    with torch.no_grad():
        network.car_head.bias.fill_(bias)
        network.scene_head.weight.fill_(1e6)
    run.mkdir()
    torch.save(network.state_dict(), run / "model.pt")
    (run / "recipe.json").write_text(json.dumps(recipe.as_dict()))
    (run / "labels.json").write_text(json.dumps(labels))
    return run


def test_mean_of_two_runs_is_a_run_whose_scene_head_fits_its_own_features(
    recipe: Recipe, tmp_path: Path
) -> None:
    runs = [write_run(tmp_path / name, recipe, bias=bias) for name, bias in (("one", 0.5), ("other", 1.0))]
    assert main(["average", *map(str, runs), str(tmp_path / "mean")]) == 0
    mean = open_run(tmp_path / "mean")
    torch.testing.assert_close(mean.network.car_head.bias, torch.full((len(LABELS),), 0.75))
    assert mean.labels == LABELS
    assert mean.network.scene_head.weight.abs().max() < 1e3


def test_runs_of_other_classes_have_no_mean(recipe: Recipe, tmp_path: Path) -> None:
    one = write_run(tmp_path / "one", recipe, bias=0.5)
    other = write_run(tmp_path / "other", recipe, bias=0.5, labels=LABELS[::-1])
    with pytest.raises(DataError, match="different labels"):
        average_runs([one, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


@pytest.mark.parametrize("keep", ["best", "last"])
def test_run_keeps_the_epoch_that_its_recipe_says(recipe: Recipe, tmp_path: Path, keep: str) -> None:
    module = CarClassifier(recipe, classes=len(LABELS), steps=1)
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    for number, name in enumerate(("best", "last")):
        with torch.no_grad():
            module.network.car_head.bias.fill_(number)
        torch.save({"state_dict": module.state_dict()}, tmp_path / "run" / "checkpoints" / f"{name}.ckpt")
    recipe = Recipe(**{**vars(recipe), "keep": keep})
    state = torch.load(_finish(module, tmp_path / "run", recipe, read_splits(recipe)), weights_only=True)
    assert state["car_head.bias"].unique().tolist() == [float(keep == "last")]
