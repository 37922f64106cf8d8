"""Photos on disk as training material: folders of classes, splits kept as lists, near duplicates kept together."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.exceptions import DataError, PhotoError
from ml.photos import open_photo

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic"}
#: The order of the scene head's outputs.
SCENES = ("exterior", "interior", "other")


@dataclass(frozen=True)
class Photo:
    """One labelled photo; `name` is "class/file", the form that splits are written in."""

    path: Path
    name: str
    label: int


def read_folder(*roots: str | Path) -> tuple[list[Photo], list[str]]:
    """Photos of folders of class folders, sorted by name, and the class names in label order.

    A class that several folders hold has the photos of all. Raises DataError where a folder is missing or holds no class,
    a class holds fewer than two photos, or two photos have the same name.
    """
    folders: dict[str, list[Path]] = defaultdict(list)
    for root in map(Path, roots):
        if not root.is_dir():
            raise DataError(f"There is no folder {root}. It should hold one folder of photos for each class.")
        classes = [entry for entry in root.iterdir() if entry.is_dir()]
        if not classes:
            raise DataError(f"{root} has no class folders.")
        for folder in classes:
            folders[folder.name].append(folder)
    labels = sorted(folders)
    photos = [
        Photo(path, f"{label}/{path.name}", index)
        for index, label in enumerate(labels)
        for path in sorted(
            (path for folder in folders[label] for path in folder.iterdir()), key=lambda path: path.name
        )
        if path.suffix.lower() in SUFFIXES
    ]
    where = " and ".join(map(str, roots))
    counts = np.bincount([photo.label for photo in photos], minlength=len(labels))
    if few := [labels[i] for i in np.flatnonzero(counts < 2)]:
        raise DataError(f"{where} has too few photos (two are the least) in {few}.")
    if twice := [name for name, count in Counter(photo.name for photo in photos).items() if count > 1]:
        raise DataError(f"{where} have photos of the same class and name, for instance {twice[0]}.")
    return photos, labels


def find_photos(root: str | Path) -> list[Photo]:
    """Photos anywhere under a folder, sorted, with the label -1: none of the classes. Raises DataError where there are none."""
    root = Path(root)
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"There are no photos under {root}.")
    return [Photo(path, str(path.relative_to(root)), -1) for path in paths]


def dhash(path: Path, side: int = 8) -> int:
    """Difference hash of a photo, `side * side` bits: near duplicates differ in few of them."""
    with Image.open(path) as image:
        image.draft("L", (side * 4, side * 4))
        grey = np.asarray(image.convert("L").resize((side + 1, side), Image.Resampling.BOX), dtype=np.int16)
    bits = (grey[:, 1:] > grey[:, :-1]).flatten()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def group_near_duplicates(photos: Sequence[Photo], *, distance: int = 4) -> list[list[Photo]]:
    """Photos of the same class whose hashes differ in at most `distance` of 64 bits, grouped."""
    by_label: dict[int, list[Photo]] = defaultdict(list)
    for photo in photos:
        by_label[photo.label].append(photo)
    groups: list[list[Photo]] = []
    for members in by_label.values():
        hashed: list[tuple[list[int], list[Photo]]] = []
        for photo in members:
            value = dhash(photo.path)
            for hashes, group in hashed:
                if any((value ^ other).bit_count() <= distance for other in hashes):
                    hashes.append(value)
                    group.append(photo)
                    break
            else:
                hashed.append(([value], [photo]))
        groups += [group for _, group in hashed]
    return groups


def make_split(photos: Sequence[Photo], *, share: float, seed: int, distance: int = 4) -> list[str]:
    """Names of a stratified validation split: of each class `share` of its photos, at least one.

    Near duplicates, up to `distance` bits of their hashes, stay on one side: no validation photo has a twin in training.
    """
    by_label: dict[int, list[list[Photo]]] = defaultdict(list)
    for group in group_near_duplicates(photos, distance=distance):
        by_label[group[0].label].append(group)
    chosen: list[str] = []
    for label in sorted(by_label):
        groups = by_label[label]
        random.Random(f"{seed}:{label}").shuffle(groups)
        wanted = max(1, round(share * sum(map(len, groups))))
        taken = 0
        for group in groups:
            if taken and taken + len(group) > wanted:
                continue
            chosen += [photo.name for photo in group]
            taken += len(group)
    return sorted(chosen)


def read_split(split: str | Path) -> set[str]:
    """The names that a list holds. Raises DataError where it is missing."""
    try:
        lines = Path(split).read_text().splitlines()
    except FileNotFoundError:
        raise DataError(
            f"There is no split {split}. `python -m ml split FOLDER {split}` makes one."
        ) from None
    return {line for line in lines if line and not line.startswith("#")}


def apply_split(photos: Sequence[Photo], *splits: str | Path) -> tuple[list[Photo], list[Photo]]:
    """(training, validation) by lists of names. Raises DataError where a list and the photos don't meet."""
    present = {photo.name for photo in photos}
    names: set[str] = set()
    for split in splits:
        listed = read_split(split)
        if not listed & present:
            raise DataError(f"None of the photos that {split} names is in the folder.")
        names |= listed
    validation = [photo for photo in photos if photo.name in names]
    return [photo for photo in photos if photo.name not in names], validation


class PhotoDataset:
    """A map-style dataset of (transformed photo, label); unreadable photos are an error that names the file."""

    def __init__(
        self, photos: Iterable[Photo], transform: Callable[[Image.Image], Any], *, short_side: int = 256
    ) -> None:
        self.photos = list(photos)
        self.transform = transform
        self.short_side = short_side

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        photo = self.photos[index]
        try:
            image = open_photo(photo.path, short_side=self.short_side)
        except PhotoError as error:
            raise DataError(f"{photo.path}: {error} Remove it or repair it, then resume.") from error
        return self.transform(image), photo.label
