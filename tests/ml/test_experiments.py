"""What a model makes of classes that it was trained without is measured on photos it has never seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.bundle.bundle import SecondView
from ml.cli.commands import main
from ml.data.splits import read_chosen
from ml.evaluation.batch_outputs import BatchOutputs
from ml.evaluation.experiments import few_photos
from ml.evaluation.multi_photo import measure_photo_groups
from ml.evaluation.photo_sources import LEFT_OUT
from ml.exceptions import DataError
from ml.recipes import read_recipe
from ml.serving.embedding_projection import fit_projection
from ml.serving.loaded_bundle import LoadedBundle
from ml.serving.runtime import Arrays
from tests.ml.conftest import CLASSES, ROOT, write_folder
from tests.ml.tiny import write_tiny_bundle

KNOWN, NEW, SIZE = 6, 2, 8
MEANS = np.random.default_rng(4).normal(0, 6, (KNOWN + NEW, SIZE))


def seen(labels: np.ndarray, seed: int, *, noise: float = 1.0) -> BatchOutputs:
    """Photos around the means of their classes; logits by the distance to the known ones."""
    random = np.random.default_rng(seed)
    embedding = (MEANS[labels] + random.normal(0, noise, (len(labels), SIZE))).astype(np.float32)
    logits = -0.03 * np.square(embedding[:, None] - MEANS[None, :KNOWN]).sum(axis=-1)
    scenes = np.zeros((len(labels), 3))
    look = Arrays(logits, scenes, embedding, scenes[:0])
    return BatchOutputs(SecondView(weight=0.5), labels, look, look, np.ones(len(labels)))


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedBundle:
    """A bundle whose projection is fitted to the known classes."""
    labels = np.repeat(np.arange(KNOWN), 20)
    found = LoadedBundle.open(write_tiny_bundle(tmp_path / "b"), "onnx", 1)
    return replace(found, projection=fit_projection(seen(labels, 0).embedding, labels))


def test_new_classes_are_named_and_known_ones_kept(loaded: LoadedBundle) -> None:
    known = seen(np.repeat(np.arange(KNOWN), 15), 1)
    classes = {
        f"new {number}": (seen(np.full(12, number), number), seen(np.full(10, number), 50 + number))
        for number in (KNOWN, KNOWN + 1)
    }
    figures = few_photos(loaded, known, classes, draws=5)
    assert (figures.classes, figures.photos_each) == (2, 5)
    assert figures.new_top_1.value > 0.9
    assert figures.known_lose.value < 0.02
    assert figures.new_top_1.low <= figures.new_top_1.value <= figures.new_top_1.high


def test_two_photos_beat_one_and_three_beat_two() -> None:
    known = seen(np.repeat(np.arange(KNOWN), 15), 1, noise=9.0)
    figures = measure_photo_groups(known, temperature=1.0)
    two, three = figures["2 photos"], figures["3 photos"]
    assert 0.3 < two.single_top_1.value < 0.9
    assert two.gain.low > 0
    assert three.fused_top_1.value > two.fused_top_1.value
    assert two.groups == 20 * KNOWN


def test_classes_of_one_photo_make_no_groups() -> None:
    assert measure_photo_groups(seen(np.arange(KNOWN), 1), temperature=1.0) == {}


def test_command_reports_both_and_all_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_folder(tmp_path / "cars", CLASSES, 12)
    labels = list(CLASSES)
    (tmp_path / "left-out.txt").write_text(f"# of three\n{labels[1]}\n")
    assert main(["split", str(root), str(tmp_path / "v.txt"), "--share", "0.34"]) == 0
    bundle = write_tiny_bundle(tmp_path / "b", [labels[0], labels[2]])
    out = tmp_path / "report.json"
    command = ["experiment", str(bundle.path), "--data", str(root), "--split", str(tmp_path / "v.txt")]
    assert main([*command, "--left-out", str(tmp_path / "left-out.txt"), "--out", str(out)]) == 0
    report = json.loads(out.read_text())
    assert report["few photos"]["classes"] == 1
    assert 0 <= report["few photos"]["new top-1"]["value"] <= 1
    assert report["open set"][LEFT_OUT]["photos"] == 12
    assert set(report["several photos"]) == {"2 photos", "3 photos"}
    assert report["photos"] == 8
    assert "Cars learned from a few photos" in capsys.readouterr().out
    assert main(command) == 2
    assert "other classes than" in capsys.readouterr().err


def test_bundle_without_a_space_can_not_be_experimented_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_folder(tmp_path / "cars", CLASSES, 6)
    assert main(["split", str(root), str(tmp_path / "v.txt"), "--share", "0.34"]) == 0
    bundle = write_tiny_bundle(tmp_path / "b", list(CLASSES), projection=False)
    command = ["experiment", str(bundle.path), "--data", str(root), "--split", str(tmp_path / "v.txt")]
    assert main(command) == 2
    assert "has no projection" in capsys.readouterr().err


def test_left_out_classes_are_not_learned_and_must_be_there(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "cars", CLASSES, 2)
    labels = list(CLASSES)
    (tmp_path / "list.txt").write_text(labels[1])
    photos, kept = read_chosen([root], leave_out=tmp_path / "list.txt")
    assert kept == [labels[0], labels[2]]
    assert [(photo.name.split("/")[0], photo.label) for photo in photos] == [
        (labels[0], 0), (labels[0], 0), (labels[2], 1), (labels[2], 1)
    ]  # fmt: skip
    (tmp_path / "list.txt").write_text("Kia Rio")
    with pytest.raises(DataError, match="names classes that are not there, for instance 'Kia Rio'"):
        read_chosen([root], leave_out=tmp_path / "list.txt")


def test_recipe_without_twenty_classes_ships_with_their_list() -> None:
    recipe = read_recipe(ROOT / "recipes/lite0-leave20.toml")
    assert recipe.data.leave_out is not None
    lines = (ROOT / recipe.data.leave_out).read_text().splitlines()
    names = [line for line in lines if not line.startswith("#")]
    assert len(set(names)) == 20
    held = (ROOT / recipe.data.cars_validation[0]).read_text()
    assert all(f"\n{name}/" in held for name in names)
