"""What a bundle's network makes of many photos, kept as arrays, so that settings are tried without looking again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from tqdm import tqdm

from ml.bundle.bundle import SecondView
from ml.data.photos import open_photo
from ml.data.splits import Photo
from ml.evaluation.calibration import Labelled
from ml.evaluation.corruptions import Corruption
from ml.exceptions import DataError, PhotoError
from ml.serving.loaded_bundle import LoadedBundle, Views
from ml.serving.quality import hints
from ml.serving.runtime import Arrays
from ml.serving.views import areas_of, mixed, mixed_scenes, settled

BATCH = 16


@dataclass(frozen=True)
class BatchOutputs:
    """N photos seen whole and once more as `how` says; neither view has its feature maps any more."""

    how: SecondView
    labels: np.ndarray  # (N) class numbers, as the photos came with
    first: Arrays
    second: Arrays
    areas: np.ndarray  # (N) shares of the photos that the second view saw

    @property
    def embedding(self) -> np.ndarray:
        """(N, D): of both views together, as an answer has it."""
        return mixed(self.first.embedding, self.second.embedding, self.areas, self.how)

    @property
    def car_logits(self) -> np.ndarray:
        """(N, C): of both views together, before the temperature."""
        return mixed(self.first.cars, self.second.cars, self.areas, self.how)

    @property
    def scene_logits(self) -> np.ndarray:
        """(N, 3): of both views together, before the temperature."""
        return mixed_scenes(self.first.scenes, self.second.scenes)

    def part(self, chosen: np.ndarray) -> BatchOutputs:
        """The photos of these indices."""
        first, second = (
            seen._replace(
                cars=seen.cars[chosen], scenes=seen.scenes[chosen], embedding=seen.embedding[chosen]
            )
            for seen in (self.first, self.second)
        )
        return BatchOutputs(self.how, self.labels[chosen], first, second, self.areas[chosen])

    def as_served(self, how: SecondView) -> BatchOutputs:
        """The same photos where the second view weighs as `how` says and is spared where the first one says enough."""
        spared = settled(self.first.cars, self.first.scenes, how)
        second = self.second._replace(
            cars=np.where(spared[:, None], self.first.cars, self.second.cars),
            scenes=np.where(spared[:, None], self.first.scenes, self.second.scenes),
            embedding=np.where(spared[:, None], self.first.embedding, self.second.embedding),
        )
        return replace(self, how=how, second=second, areas=np.where(spared, 1.0, self.areas))

    def labelled(self) -> Labelled:
        """The car logits of both views together, with the labels."""
        return Labelled(self.car_logits, self.labels)


def compute_outputs(
    loaded: LoadedBundle,
    photos: Sequence[Photo],
    *,
    ways: Sequence[SecondView] = (),
    corruption: Corruption | None = None,
    title: str = "photos",
) -> list[BatchOutputs]:
    """Look at photos, changed by `corruption` if there is one: once whole, and closer in each of the ways.

    One BatchOutputs for each way, the bundle's own where none is given. Prints its progress to stderr. Raises DataError
    naming a photo that can't be decoded.
    """
    ways = ways or [loaded.bundle.settings.second_view]
    seen: list[list[Views]] = [[] for _ in ways]
    for start in tqdm(range(0, len(photos), BATCH), desc=title, unit="batch"):
        images = [_open(photo, corruption) for photo in photos[start : start + BATCH]]
        first = loaded.first_view(images)
        remarks = [hints(image) for image in images]
        for way, parts in zip(ways, seen, strict=True):
            views = loaded.second_view(images, first, way, remarks)
            parts.append(replace(views, first=_light(views.first), second=_light(views.second)))
    labels = np.array([photo.label for photo in photos])
    return [_joined(way, labels, parts) for way, parts in zip(ways, seen, strict=True)]


def embed(loaded: LoadedBundle, photos: Sequence[Photo], *, title: str = "photos") -> np.ndarray:
    """(N, D) embeddings of photos seen whole, once. Raises DataError as `compute_outputs`."""
    parts = [
        loaded.first_view([_open(photo, None) for photo in photos[start : start + BATCH]]).embedding
        for start in tqdm(range(0, len(photos), BATCH), desc=title, unit="batch")
    ]
    return np.concatenate(parts)


def _light(seen: Arrays) -> Arrays:
    # The feature maps of a thousand photos would take a gigabyte.
    return seen._replace(feature_map=seen.feature_map[:0])


def _open(photo: Photo, corruption: Corruption | None) -> Image.Image:
    try:
        image = open_photo(photo.path)
    except PhotoError as error:
        raise DataError(f"{photo.path}: {error} Remove it or repair it.") from error
    # Seeded by the name, so that a photo looks the same in every run and whatever photos are with it.
    return corruption(image, random.Random(photo.name)) if corruption else image


def _joined(how: SecondView, labels: np.ndarray, parts: list[Views]) -> BatchOutputs:
    first, second = (
        Arrays(*map(np.concatenate, zip(*seen, strict=True)))
        for seen in ([part.first for part in parts], [part.second for part in parts])
    )
    return BatchOutputs(how, labels, first, second, np.concatenate([areas_of(part.boxes) for part in parts]))
