"""What a finished run says about itself, and recipes with other epochs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml.exceptions import RecipeError
from ml.network.weights import RANDOM
from ml.recipes import Recipe, recipe_of
from ml.training.advice import advice

SCENES = "scenes"


def recipe(*epochs: int, **data: Any) -> Recipe:
    stages = [{"size": 32 * (at + 1), "epochs": count} for at, count in enumerate(epochs)]
    values = {"name": "mine", "architecture": "cnn", "data": {"cars": "cars"} | data, "stages": stages}
    return recipe_of(values, "a test")


def a_run(
    folder: Path, *epochs: tuple[float, float], classes: int = 6, weights: str = "a package", **data: Any
) -> Path:
    """A run with these shares of photos named right and losses, an epoch each."""
    rows = ["epoch,step,train_loss,val_loss,val_top1", "0,5,1.0,,"]
    rows += [f"{at},{5 * at},,{loss},{right}" for at, (right, loss) in enumerate(epochs)]
    (folder / "log/version_0").mkdir(parents=True)
    (folder / "log/version_0/metrics.csv").write_text("\n".join(rows) + "\n")
    made = recipe(len(epochs) or 1, **data)
    for name, content in {
        "labels": [f"Kia {at}" for at in range(classes)],
        "facts": {"weights": weights},
        "recipe": made.as_dict(),
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def test_a_good_run_is_told_nothing(tmp_path: Path) -> None:
    assert advice(a_run(tmp_path, (0.5, 1.2), (0.9, 0.4), (0.9, 0.398), scenes=SCENES)) == []


def test_a_run_that_learned_little_says_so_and_why(tmp_path: Path) -> None:
    (said,) = advice(a_run(tmp_path, (0.2, 1.8), (0.19, 1.8), weights=RANDOM, scenes=SCENES))
    assert "20% of the validation photos are named right at best, and guessing names 17%" in said
    assert "--weights" in said
    assert "--epochs" in said


def test_half_right_of_two_classes_is_little(tmp_path: Path) -> None:
    said = advice(a_run(tmp_path, (0.49, 0.7), (0.48, 0.7), classes=2, scenes=SCENES))
    assert "learned little" in said[0]


def test_a_run_that_was_still_getting_better_is_told_for_how_long(tmp_path: Path) -> None:
    (said,) = advice(a_run(tmp_path, (0.6, 1.0), (0.7, 0.9), (0.8, 0.7), scenes=SCENES))
    assert "still getting better" in said
    assert "--epochs 6" in said


def test_a_run_that_knows_no_scenes_says_what_that_means(tmp_path: Path) -> None:
    (said,) = advice(a_run(tmp_path, (0.9, 0.4), (0.9, 0.4)))
    assert "--scenes" in said


def test_later_starts_of_a_run_count_as_well(tmp_path: Path) -> None:
    run = a_run(tmp_path, (0.1, 1.8), scenes=SCENES)
    later = run / "log/version_10"
    later.mkdir()
    (later / "metrics.csv").write_text("epoch,val_loss,val_top1\n1,0.3,0.95\n2,0.3,0.95\n")
    assert advice(run) == []


@pytest.mark.parametrize(
    ("before", "epochs", "after"),
    [
        ((7,), 3, [3]),
        ((4, 3), 7, [4, 3]),
        ((4, 3), 14, [8, 6]),
        ((6, 4, 4, 2), 4, [1, 1, 1, 1]),
        ((9, 1), 3, [2, 1]),
    ],
)
def test_epochs_are_shared_out_among_the_stages(
    before: tuple[int, ...], epochs: int, after: list[int]
) -> None:
    stages = recipe(*before).with_epochs(epochs).stages
    assert [stage.epochs for stage in stages] == after
    assert [stage.size for stage in stages] == [32 * (at + 1) for at in range(len(before))]


def test_fewer_epochs_than_stages_are_refused() -> None:
    with pytest.raises(RecipeError, match="has 3 stages and needs as many epochs"):
        recipe(3, 3, 3).with_epochs(2)
