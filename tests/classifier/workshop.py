"""Drawn photos, a tiny network that learned nothing yet, and a recipe: a training run in seconds."""

from __future__ import annotations

from pathlib import Path

import torch

from classifier.models import ModelVersion, TrainingRun
from classifier.training import runs
from ml.bundle.bundle import Bundle, Input, SecondView, Settings, Thresholds, write_bundle
from ml.bundle.export import to_files
from ml.bundle.labels import label_table
from ml.network.car_net import CarNet
from tests.ml.conftest import CLASSES, write_folder

SIZE = 32
RECIPE = """
name = "drawn"
architecture = "cnn_batchnorm"
batch = 4
workers = 0
learning_rate = 0.01
patience = {epochs}
[data]
cars = "{cars}"
cars_validation = "{cars}.txt"
{scenes}
[augmentation]
crop_scale = [0.9, 1.0]
[[stages]]
size = 32
epochs = {epochs}
"""


def untrained_bundle(path: Path, *, seed: int = 3, version: str = "untrained") -> Bundle:
    """A bundle of a small network with batch norms and random numbers, that knows the drawn cars."""
    torch.manual_seed(seed)
    model = CarNet("cnn_batchnorm", classes=len(CLASSES))
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2.0)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.1, 0.3)
    with torch.no_grad():
        model.scene_head.weight.zero_()
        model.scene_head.bias.copy_(torch.tensor([6.0, 0.0, 0.0]))
    network, weights = to_files(model.eval(), size=SIZE)
    settings = Settings(
        name="drawn",
        version=version,
        architecture="cnn_batchnorm",
        input=Input(SIZE, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        thresholds=Thresholds(sure=0.9, unknown=0.1, exterior=0.5),
        second_view=SecondView(energy=0.45, smallest=0.3, largest=0.9),
    )
    facts = {"licence": "Drawn, free.", "limits": ["It knows colours."]}
    return write_bundle(
        path, settings, label_table(sorted(CLASSES)), model=network, weights=weights, facts=facts
    )


def base_photos(folder: Path, *, count: int = 6) -> Path:
    """Drawn photos of each car, every third of them to judge by; the list lies beside the folder."""
    write_folder(folder, CLASSES, count)
    names = [f"{label}/{n:02}.jpg" for label in CLASSES for n in range(0, count, 3)]
    folder.with_name(f"{folder.name}.txt").write_text("\n".join(names) + "\n")
    return folder


def scene_photos(folder: Path, *, count: int = 6) -> Path:
    """Drawn photos of each scene that is no car, split as `base_photos`."""
    write_folder(folder, {"interior": (20, 20, 20), "other": (240, 240, 240)}, count, seed=900)
    names = [f"{scene}/{n:02}.jpg" for scene in ("interior", "other") for n in range(0, count, 3)]
    folder.with_name(f"{folder.name}.txt").write_text("\n".join(names) + "\n")
    return folder


def recipe_file(path: Path, cars: Path, *, scenes: Path | None = None, epochs: int = 2) -> Path:
    """A recipe of these photos."""
    lines = f'scenes = "{scenes}"\nscenes_validation = "{scenes}.txt"' if scenes else ""
    path.write_text(RECIPE.format(cars=cars, scenes=lines, epochs=epochs))
    return path


def active() -> ModelVersion:
    """The model that answers photos."""
    return ModelVersion.objects.get(state="active")


def worked(run: TrainingRun) -> TrainingRun:
    """The run after a worker had it."""
    assert runs.run_work(run_id=run.pk)
    run.refresh_from_db()
    return run
