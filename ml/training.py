"""Training a recipe: Lightning drives, this module says what a step, an epoch and a run are.

A run is a folder: `recipe.json`, `labels.json`, `log/version_N/metrics.csv`, `checkpoints/` and at the end `model.pt`. Starting a
run again in the same folder goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import logging
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from ml.data import SCENES, Photo, PhotoDataset, apply_split, read_folder
from ml.exceptions import DataError, MlError
from ml.memory import keep_freed
from ml.models import CarNet, load_pretrained
from ml.recipes import Recipe
from ml.transforms import evaluation_transform, train_transform

import pytorch_lightning as pl  # isort: skip  (torchmetrics imports torchvision, which ml.models makes importable)
from pytorch_lightning.callbacks import (  # isort: skip
    Callback,
    EarlyStopping,
    EMAWeightAveraging,
    ModelCheckpoint,
    TQDMProgressBar,
)
from pytorch_lightning.loggers import CSVLogger  # isort: skip

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Splits:
    """The photos of a recipe, split. `scenes_*` are empty where the recipe names no scenes."""

    labels: list[str]
    cars_train: list[Photo]
    cars_validation: list[Photo]
    scenes_train: list[Photo]
    scenes_validation: list[Photo]


def read_splits(recipe: Recipe) -> Splits:
    """Read the recipe's folders and split lists. Raises DataError where they don't meet."""
    data = recipe.data
    if not data.cars_validation:
        raise DataError("The recipe names no cars_validation list; `python -m ml split` makes one.")
    photos, labels = read_folder(*data.cars)
    train, validation = apply_split(photos, *data.cars_validation)
    scenes_train: list[Photo] = []
    scenes_validation: list[Photo] = []
    if data.scenes is not None and data.scenes_validation is not None:
        scene_photos, scene_labels = read_folder(data.scenes)
        order = [SCENES.index(label) for label in scene_labels]
        scene_photos = [Photo(p.path, p.name, order[p.label]) for p in scene_photos]
        scenes_train, scenes_validation = apply_split(scene_photos, data.scenes_validation)
    return Splits(labels, train, validation, scenes_train, scenes_validation)


def photos_of_epoch(recipe: Recipe, splits: Splits, epoch: int) -> list[Photo]:
    """The training photos of epoch `epoch`: all of them, or of each class as many as the recipe allows, drawn anew."""
    if not recipe.data.per_class:
        return splits.cars_train
    seeded = random.Random(f"{recipe.seed}:{epoch}")
    seen: dict[int, int] = defaultdict(int)
    chosen = []
    for photo in seeded.sample(splits.cars_train, len(splits.cars_train)):
        seen[photo.label] += 1
        if seen[photo.label] <= recipe.data.per_class:
            chosen.append(photo)
    return chosen


class PhotoData(pl.LightningDataModule):
    """Loaders of one run; the training loader is rebuilt each epoch at that epoch's input size."""

    def __init__(self, recipe: Recipe, splits: Splits) -> None:
        super().__init__()
        self.recipe = recipe
        self.splits = splits

    def _loader(self, dataset: PhotoDataset, *, shuffle: bool) -> DataLoader:
        return DataLoader(
            cast("Dataset[Any]", dataset),
            batch_size=self.recipe.batch,
            shuffle=shuffle,
            drop_last=shuffle and len(dataset) > self.recipe.batch,
            num_workers=self.recipe.workers,
        )

    def train_dataloader(self) -> DataLoader:
        epoch = self.trainer.current_epoch if self.trainer else 0
        backgrounds = [p.path for p in self.splits.scenes_train if SCENES[p.label] == "other"]
        transform = train_transform(
            self.recipe.augmentation, size=self.recipe.stage_at(epoch).size, backgrounds=backgrounds
        )
        return self._loader(
            PhotoDataset(photos_of_epoch(self.recipe, self.splits, epoch), transform), shuffle=True
        )

    def val_dataloader(self) -> DataLoader:
        transform = evaluation_transform(size=self.recipe.size)
        return self._loader(PhotoDataset(self.splits.cars_validation, transform), shuffle=False)


class CarClassifier(pl.LightningModule):
    """What a step is. The backbone and the car head learn here; the scene head is fitted afterwards."""

    def __init__(self, recipe: Recipe, *, classes: int, steps: int) -> None:
        super().__init__()
        self.recipe = recipe
        self.steps = steps
        network: Any = CarNet(
            recipe.architecture, classes=classes, dropout=recipe.dropout, drop_path=recipe.drop_path
        )
        # 1.7 times as fast on a CPU as the default layout; nn.Module's annotations don't know the argument.
        self.network: CarNet = network.to(memory_format=torch.channels_last)
        self.loss = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)

    def on_train_epoch_start(self) -> None:
        frozen = self.recipe.stage_at(self.current_epoch).frozen
        for part in self.network.first_stages(frozen):
            part.requires_grad_(requires_grad=False).eval()

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        photos, labels = batch
        loss = self.loss(self.network(photos.contiguous(memory_format=torch.channels_last)).cars, labels)
        if not torch.isfinite(loss):
            raise MlError("The loss is not a number any more: lower the learning rate and start again.")
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(labels))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        photos, labels = batch
        logits = self.network(photos.contiguous(memory_format=torch.channels_last)).cars
        top = logits.topk(min(5, logits.shape[1]), dim=1).indices
        hits = top == labels[:, None]
        values = {
            "val_loss": nn.functional.cross_entropy(logits, labels),
            "val_top1": hits[:, 0].float().mean(),
            "val_top5": hits.any(dim=1).float().mean(),
        }
        self.log_dict(values, prog_bar=True, batch_size=len(labels), sync_dist=True)

    def configure_optimizers(self) -> Any:
        decayed = [p for p in self.network.parameters() if p.requires_grad and p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.requires_grad and p.ndim <= 1]
        optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": self.recipe.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=self.recipe.learning_rate,
        )
        warmup = max(1, round(self.recipe.warmup * self.steps))

        def factor(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, self.steps - warmup))))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _callbacks(run: Path, recipe: Recipe) -> Iterator[Callback]:
    yield EarlyStopping(monitor="val_loss", patience=recipe.patience, check_finite=True)
    folder = run / "checkpoints"
    yield ModelCheckpoint(
        dirpath=folder, filename="best", monitor="val_top1", mode="max", enable_version_counter=False
    )
    # Of its own, because `save_last` writes only when there is a new best: a run would go on from there.
    yield ModelCheckpoint(dirpath=folder, filename="last", enable_version_counter=False)
    if recipe.average:
        yield EMAWeightAveraging(decay=recipe.average)
    yield TQDMProgressBar(refresh_rate=10)


def train(recipe: Recipe, run: Path, *, threads: int | None = None) -> Path:
    """Train `recipe` into folder `run`, going on from its last checkpoint where it has one.

    Returns the path of the finished weights. Raises DataError, WeightsError or MlError with what to do next.
    """
    keep_freed()
    pl.seed_everything(recipe.seed, workers=True)
    if threads:
        torch.set_num_threads(threads)
    splits = read_splits(recipe)
    run.mkdir(parents=True, exist_ok=True)
    (run / "recipe.json").write_text(json.dumps(recipe.as_dict(), indent=2))
    (run / "labels.json").write_text(json.dumps(splits.labels, indent=2))
    per_epoch = max(1, len(photos_of_epoch(recipe, splits, 0)) // recipe.batch)
    module = CarClassifier(recipe, classes=len(splits.labels), steps=per_epoch * recipe.epochs)
    last = run / "checkpoints" / "last.ckpt"
    if not last.exists():
        source = load_pretrained(module.network, recipe.weights)
        logger.info("ImageNet weights: %s", source)
    trainer = pl.Trainer(
        max_epochs=recipe.epochs,
        default_root_dir=run,
        # A folder for each start: the logger deletes what it finds in its own.
        logger=CSVLogger(run, name="log"),
        callbacks=list(_callbacks(run, recipe)),
        reload_dataloaders_every_n_epochs=1,
        gradient_clip_val=5.0,
        accelerator="auto",
        enable_model_summary=False,
    )
    trainer.fit(module, datamodule=PhotoData(recipe, splits), ckpt_path=last if last.exists() else None)
    best = run / "checkpoints" / "best.ckpt"
    module.load_state_dict(torch.load(best, map_location="cpu", weights_only=True)["state_dict"])
    if splits.scenes_train:
        fit_scene_head(module.network, recipe, splits)
    path = run / "model.pt"
    torch.save(module.network.state_dict(), path)
    return path


@torch.no_grad()
def embed(
    network: CarNet, photos: list[Photo], transform: Any, *, batch: int = 32, workers: int = 1
) -> np.ndarray:
    """Embeddings of photos, (N, D) float32, in their order."""
    network.eval()
    dataset = cast("Dataset[Any]", PhotoDataset(photos, transform))
    loader: DataLoader = DataLoader(dataset, batch_size=batch, num_workers=workers)
    parts = [network(x.contiguous(memory_format=torch.channels_last)).embedding.numpy() for x, _ in loader]
    return np.concatenate(parts)


def fit_scene_head(network: CarNet, recipe: Recipe, splits: Splits) -> None:
    """Fit exterior | interior | other as a linear head on the finished features, by L-BFGS.

    Every scene photo counts twice: whole and as training sees it (cropped, shifted), since visitors crop too;
    classes weigh the same however many photos they have. Cars are thinned to one in three.
    """
    cars = [Photo(p.path, p.name, SCENES.index("exterior")) for p in splits.cars_train[::3]]
    photos = cars + splits.scenes_train
    views = [
        evaluation_transform(size=recipe.size),
        train_transform(recipe.augmentation, size=recipe.size),
    ]
    x = torch.from_numpy(np.concatenate([embed(network, photos, view) for view in views]))
    y = torch.tensor([p.label for p in photos] * len(views))
    fit_linear(network.scene_head, x, y)


def fit_linear(head: nn.Linear, x: Tensor, y: Tensor, *, l2: float = 1e-3, steps: int = 100) -> None:
    """Class-balanced logistic regression of `y` (N) on `x` (N, D) into `head`, with an L2 penalty."""
    counts = torch.bincount(y, minlength=head.out_features).clamp(min=1)
    weight = len(y) / (head.out_features * counts.float())
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=steps, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(head(x), y, weight=weight) + l2 * head.weight.square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimizer.step(closure)
