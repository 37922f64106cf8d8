"""Recipes are read, and what is wrong with one is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ml.exceptions import RecipeError
from ml.recipes import Stage, read_notes, read_recipe, recipe_of
from tests.ml.conftest import ROOT

GOOD = """
name = "small"
architecture = "tf_efficientnet_lite0"
{more}
[data]
cars = "photos"
[[stages]]
size = 32
epochs = 2
[[stages]]
size = 64
epochs = 1
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_what_ships_can_be_read(path: Path) -> None:
    read = read_notes if path.stem.endswith("-release") else read_recipe
    assert read(path)


def test_stages_follow_each_other(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, GOOD.format(more="batch = 8")))
    assert recipe.stages == (Stage(32, 2), Stage(64, 1))
    assert recipe.epochs == 3
    assert [recipe.stage_at(epoch).size for epoch in range(5)] == [32, 32, 64, 64, 64]
    assert recipe.batch == 8
    assert recipe.as_dict()["data"]["cars"] == ("photos",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.format(more="learning_rat = 1"), r"unknown keys \['learning_rat'\]; known are .*learning_rate"),
        (GOOD.format(more="") + "colour = 1", r"\[\[stages\]\] has unknown keys \['colour'\]"),
        (
            GOOD.format(more="").replace('cars = "photos"', 'car = "photos"'),
            r"\[data\] has unknown keys \['car'\]",
        ),
        (GOOD.format(more="[augmentation]\nzoom = 1"), r"\[augmentation\] has unknown keys \['zoom'\]"),
        (GOOD.format(more="").replace("epochs = 1", ""), r"\[\[stages\]\]: .*missing.*'epochs'"),
        (GOOD.format(more="").replace('name = "small"', ""), r"missing.*'name'"),
        (GOOD.split("[[stages]]", maxsplit=1)[0].format(more=""), r"has no \[\[stages\]\]"),
        (GOOD.format(more="batch = '8'"), r"batch is '8'; it should be of the kind int"),
        (GOOD.format(more="dropout = true"), r"dropout is True; it should be of the kind float"),
        (GOOD.format(more="optimizer = 'lion'"), r"optimizer is 'lion'; it may be adamw, adam, sgd"),
        (
            GOOD.format(more="schedule = 'step'"),
            r"schedule is 'step'; it may be cosine, linear, constant, plateau",
        ),
        (
            GOOD.format(more="") + "[distill]\nteacher = 'a'\nheat = 2",
            r"\[distill\] has unknown keys \['heat'\]",
        ),
        (GOOD.format(more="") + "[distill]\nweight = 1", r"\[distill\]: .*missing.*'teacher'"),
        ("name = ", "is not valid TOML"),
    ],
)
def test_wrong_key_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        read_recipe(written(tmp_path, text))
    assert "recipe.toml" in str(caught.value)


def test_recipe_is_the_same_after_it_was_saved_with_a_run(tmp_path: Path) -> None:
    more = 'hidden = [8, 4]\nweights = ["auto", "none"]'
    text = (
        GOOD.format(more=more)
        + "[distill]\nteacher = 'a'\n[augmentation]\nmixup = 0.2\ncrop_scale = [0.5, 1]"
    )
    recipe = read_recipe(written(tmp_path, text))
    assert recipe.weight_choices == ("auto", "none")
    assert recipe_of(json.loads(json.dumps(recipe.as_dict())), "run") == recipe


def test_missing_recipe_says_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="those that ship are in recipes/"):
        read_recipe(tmp_path / "none.toml")


def test_wrong_notes_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"unknown keys \['licens'\]"):
        read_notes(written(tmp_path, 'licens = "none"'))
    with pytest.raises(RecipeError, match="There are no release notes"):
        read_notes(tmp_path / "none.toml")
    assert read_notes(None).unknown == ()
