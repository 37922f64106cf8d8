"""Which photos a bundle is measured on, and where they are."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from ml.bundle.bundle import Bundle
from ml.data.photo_table import Photo
from ml.data.splits import SCENES, apply_split, find_photos, read_chosen, read_folder, read_split
from ml.exceptions import DataError

#: Photos of a folder of unknown cars, or of a make, that are measured at most.
MOST_OTHERS = 400
#: Photos of each class that the embedding projection of a bundle is fitted to.
LEARNED_EACH = 20
#: What the classes that a recipe leaves out are called among unknown cars.
LEFT_OUT = "classes left out of training"


@dataclass(frozen=True)
class PhotoSources:
    """Where the photos of an evaluation are; only `cars` and their splits are needed.

    `unknown` are folders of cars that the model does not know; `makes` is a folder of folders named by make,
    measured by make where the model knows it and as unknown cars where it does not. `only` and `leave_out`
    are as in ml.recipes.Data; cars that were left out are measured as unknown ones.
    """

    cars: tuple[Path, ...]
    cars_split: tuple[Path, ...]
    scenes: Path | None = None
    scenes_split: Path | None = None
    unknown: tuple[Path, ...] = ()
    makes: Path | None = None
    only: tuple[str, ...] = ()
    leave_out: Path | None = None


@dataclass(frozen=True)
class EvaluationPhotos:
    """The photos of an evaluation. `learned` are some that the model was trained on."""

    cars: list[Photo]
    scenes: list[Photo] = field(default_factory=list)
    unknown: dict[str, list[Photo]] = field(default_factory=dict)
    makes: dict[str, list[Photo]] = field(default_factory=dict)
    learned: list[Photo] = field(default_factory=list)

    @property
    def backgrounds(self) -> list[Path]:
        """Pictures of no car, that cars can be set on."""
        return [photo.path for photo in self.scenes if SCENES[photo.label] == "other"]


def read_evaluation_photos(sources: PhotoSources, bundle: Bundle) -> EvaluationPhotos:
    """Collect the photos.

    Raises DataError where a folder is missing or holds other classes than the bundle.
    """
    photos, labels = read_chosen(sources.cars, only=sources.only, leave_out=sources.leave_out)
    if labels != [label.label for label in bundle.labels]:
        raise DataError(
            f"{' and '.join(map(str, sources.cars))}: other classes than {bundle.path} knows, "
            "so right can't be told from wrong."
        )
    learned, cars = apply_split(photos, *sources.cars_split)
    scenes: list[Photo] = []
    if sources.scenes and sources.scenes_split:
        scenes = read_scenes(sources.scenes, sources.scenes_split)[1]
    unknown = {folder.name: _thinned(find_photos(folder)) for folder in sources.unknown}
    if sources.leave_out:
        # None of their photos was learned from, on whichever side of the split it is.
        unknown[LEFT_OUT] = [
            photo for parts in read_left_out(sources).values() for part in parts for photo in part
        ]
    makes: dict[str, list[Photo]] = {}
    for folder in sorted(sources.makes.iterdir()) if sources.makes else ():
        known = folder.name in {label.make for label in bundle.labels}
        (makes if known else unknown)[folder.name] = _thinned(find_photos(folder))
    return EvaluationPhotos(cars, scenes, unknown, makes, _some_of_each(learned))


def read_left_out(sources: PhotoSources) -> dict[str, tuple[list[Photo], list[Photo]]]:
    """(training, validation) photos of each class that was left out, labelled -1: none of the classes."""
    photos, labels = read_folder(*sources.cars)
    names = read_split(sources.leave_out) if sources.leave_out else set()
    found: dict[str, tuple[list[Photo], list[Photo]]] = {name: ([], []) for name in sorted(names)}
    for number, part in enumerate(apply_split(photos, *sources.cars_split)):
        for photo in part:
            if (name := labels[photo.label]) in names:
                found[name][number].append(replace(photo, label=-1))
    return found


def read_scenes(root: Path, split: Path) -> tuple[list[Photo], list[Photo]]:
    """(training, validation) photos of a folder of scenes, labelled in the order of SCENES."""
    photos, names = read_folder(root)
    if unknown := sorted(set(names) - set(SCENES)):
        raise DataError(f"{root} has folders {unknown}; scenes are called {list(SCENES)}.")
    order = [SCENES.index(name) for name in names]
    return apply_split([Photo(p.path, p.name, order[p.label]) for p in photos], split)


def _some_of_each(photos: list[Photo]) -> list[Photo]:
    """At most LEARNED_EACH photos of each class, drawn with a fixed seed."""
    seen: Counter[int] = Counter()
    chosen = []
    for photo in random.Random(0).sample(photos, len(photos)):
        seen[photo.label] += 1
        if seen[photo.label] <= LEARNED_EACH:
            chosen.append(photo)
    return sorted(chosen, key=lambda photo: photo.name)


def _thinned(photos: list[Photo]) -> list[Photo]:
    return photos[:: math.ceil(len(photos) / MOST_OTHERS)]
