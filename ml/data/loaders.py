"""What a run learns from and is judged by: its photos, split, and the loaders that feed the network."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, cast

from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ml.data.duplicates import make_split
from ml.data.manifests import is_manifest
from ml.data.photo_table import Photo, PhotoTable
from ml.data.splits import (
    SCENES,
    PhotoDataset,
    read_chosen,
    read_photos,
    read_split,
    split_photos,
    write_split,
)
from ml.data.transforms import evaluation_transform, train_transform
from ml.exceptions import DataError
from ml.recipes import Recipe

# After the others: it imports torchvision, which ml.data.transforms makes importable.
import pytorch_lightning as pl  # isort: skip

#: Photos (B, 3, size, size) float32, normalised, and their class numbers (B).
Batch: TypeAlias = tuple[Tensor, Tensor]
#: A batch that takes longer than this will never come.
LOADING_SECONDS = 600.0


@dataclass(frozen=True)
class Splits:
    """The photos of a recipe, split. `scenes_*` are empty where the recipe names no scenes."""

    labels: list[str]
    cars_train: PhotoTable
    cars_validation: PhotoTable
    scenes_train: PhotoTable
    scenes_validation: PhotoTable


def with_split(recipe: Recipe, run: Path) -> Recipe:
    """The recipe with lists of validation photos: its own, its manifests', or new ones that are kept in
    `run`.

    Raises DataError where photos are missing or can't be decoded.
    """
    data = recipe.data
    if not data.cars_validation:
        held = _own_split(recipe, data.cars, run / "validation.txt")
        data = replace(data, cars_validation=held)
    if data.scenes and not data.scenes_validation:
        held = _own_split(recipe, (data.scenes,), run / "scenes-validation.txt")
        data = replace(data, scenes_validation=held[0])
    return replace(recipe, data=data)


def _own_split(recipe: Recipe, roots: tuple[str, ...], path: Path) -> tuple[str, ...]:
    if all(is_manifest(root) and read_split(root) for root in roots):
        return roots
    if not path.exists():
        photos, labels = read_photos(*roots)
        write_split(path, make_split(photos, share=recipe.data.share, seed=recipe.seed), photos, labels)
    return (str(path),)


def read_splits(recipe: Recipe) -> Splits:
    """Read the recipe's photos and split lists. Raises DataError where they don't meet."""
    data = recipe.data
    if not data.cars_validation:
        raise DataError("The recipe names no cars_validation list; `python -m ml split` makes one.")
    photos, labels = read_chosen(data.cars, only=data.only, leave_out=data.leave_out)
    train, validation = split_photos(photos, *data.cars_validation)
    scenes_train = scenes_validation = PhotoTable.of([])
    if data.scenes is not None and data.scenes_validation is not None:
        scenes, names = read_photos(data.scenes)
        own = [
            Photo(photo.path, photo.name, SCENES.index(names[photo.label]))
            for photo in scenes
            if names[photo.label] in SCENES
        ]
        scenes_train, scenes_validation = split_photos(PhotoTable.of(own), data.scenes_validation)
    splits = Splits(labels, train, validation, scenes_train, scenes_validation)
    return splits if recipe.target == "car" else _scenes_as_classes(splits)


def _scenes_as_classes(splits: Splits) -> Splits:
    """Exterior | interior instead of cars: every car is a photo of an exterior."""
    labels = list(SCENES[:2])

    def both(cars: PhotoTable, scenes: PhotoTable) -> PhotoTable:
        exterior = (Photo(photo.path, photo.name, 0) for photo in cars)
        interior = (photo for photo in scenes if photo.label == labels.index("interior"))
        return PhotoTable.of([*exterior, *interior])

    if not len(splits.scenes_train):
        raise DataError('target = "scene" needs `scenes` and `scenes_validation` in [data].')
    train = both(splits.cars_train, splits.scenes_train)
    validation = both(splits.cars_validation, splits.scenes_validation)
    return replace(splits, labels=labels, cars_train=train, cars_validation=validation)


def photos_of_epoch(recipe: Recipe, splits: Splits, epoch: int) -> PhotoTable:
    """The training photos of epoch `epoch` (from 0): all, or of each class up to `per_class`, drawn anew."""
    photos = splits.cars_train
    if not recipe.data.per_class:
        return photos
    labels = photos.labels.tolist()
    seen: dict[int, int] = defaultdict(int)
    chosen = []
    for index in random.Random(f"{recipe.seed}:{epoch}").sample(range(len(photos)), len(photos)):
        seen[labels[index]] += 1
        if seen[labels[index]] <= recipe.data.per_class:
            chosen.append(index)
    return photos.take(chosen)


def photo_loader(
    dataset: PhotoDataset[Tensor], *, batch: int, workers: int, shuffle: bool = False
) -> DataLoader[Batch]:
    """Batches of a dataset, decoded by so many processes; by none, they are decoded where they are used.

    A process that hangs (they are forked, and a lock may be held at that moment) raises `RuntimeError` after
    `LOADING_SECONDS` instead of holding the run for ever; the run goes on from its last checkpoint.
    """
    return DataLoader(
        cast("Dataset[Batch]", dataset),
        batch_size=batch,
        shuffle=shuffle,
        drop_last=shuffle and len(dataset) > batch,
        num_workers=workers,
        timeout=LOADING_SECONDS if workers else 0,
    )


class PhotoData(pl.LightningDataModule):
    """Loaders of one run; the training loader is rebuilt each epoch at that epoch's input size."""

    def __init__(self, recipe: Recipe, splits: Splits) -> None:
        super().__init__()
        self.recipe = recipe
        self.splits = splits

    def _loader(self, dataset: PhotoDataset[Tensor], *, shuffle: bool) -> DataLoader[Batch]:
        processes = self.trainer.world_size if self.trainer else 1
        batch = max(1, self.recipe.batch // processes)
        return photo_loader(dataset, batch=batch, workers=self.recipe.workers, shuffle=shuffle)

    def train_dataloader(self) -> DataLoader[Batch]:
        epoch = self.trainer.current_epoch if self.trainer else 0
        backgrounds = [p.path for p in self.splits.scenes_train if SCENES[p.label] == "other"]
        transform = train_transform(
            self.recipe.augmentation, size=self.recipe.stage_at(epoch).size, backgrounds=backgrounds
        )
        photos = photos_of_epoch(self.recipe, self.splits, epoch)
        return self._loader(PhotoDataset(photos, transform), shuffle=True)

    def val_dataloader(self) -> DataLoader[Batch]:
        transform = evaluation_transform(size=self.recipe.size)
        return self._loader(PhotoDataset(self.splits.cars_validation, transform), shuffle=False)
