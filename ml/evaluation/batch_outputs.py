"""The outputs of a bundle's network for many photos, kept as arrays, so that settings are tried without
computing them again.

N photos, C classes, D numbers of an embedding.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ml.bundle.bundle import SecondView
from ml.data.decoding import batches, decode
from ml.data.photo_table import Photo
from ml.evaluation.calibration import Labelled
from ml.evaluation.corruptions import Corruption
from ml.serving.loaded_bundle import LoadedBundle, Views
from ml.serving.quality import hints
from ml.serving.runtime import Arrays
from ml.serving.views import areas_of, mixed, mixed_scenes, settled


@dataclass(frozen=True)
class BatchOutputs:
    """Outputs for the first view of N photos, and for a second one framed as `how` says.

    Feature maps are left out.
    """

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
            view._replace(
                cars=view.cars[chosen], scenes=view.scenes[chosen], embedding=view.embedding[chosen]
            )
            for view in (self.first, self.second)
        )
        return BatchOutputs(self.how, self.labels[chosen], first, second, self.areas[chosen])

    def as_served(self, how: SecondView) -> BatchOutputs:
        """The same photos, where the second view weighs as `how` says.

        It is spared where the first view says enough.
        """
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
    """Outputs for photos, corrupted first where `corruption` is given: one first view, and a second one in
    each of the ways.

    One BatchOutputs for each way, the bundle's own where none is given. Prints its progress to stderr. Raises
    DataError naming a photo that can't be decoded.
    """
    ways = ways or [loaded.bundle.settings.second_view]
    views_by_way: list[list[Views]] = [[] for _ in ways]
    for batch in batches(photos, title=title):
        images = [_corrupted(photo, corruption) for photo in batch]
        first = loaded.first_view(images)
        remarks = [hints(image) for image in images]
        for way, parts in zip(ways, views_by_way, strict=True):
            views = loaded.second_view(images, first, way, remarks)
            light = replace(
                views, first=_without_feature_map(views.first), second=_without_feature_map(views.second)
            )
            parts.append(light)
    labels = np.array([photo.label for photo in photos])
    return [_joined(way, labels, parts) for way, parts in zip(ways, views_by_way, strict=True)]


def _corrupted(photo: Photo, corruption: Corruption | None) -> Image.Image:
    image = decode(photo)
    # Seeded by the name, so that a photo is corrupted alike in every run and whatever photos are with it.
    return corruption(image, random.Random(photo.name)) if corruption else image


def _without_feature_map(view: Arrays) -> Arrays:
    # Those of a thousand photos would take a gigabyte.
    return view._replace(feature_map=view.feature_map[:0])


def _joined(how: SecondView, labels: np.ndarray, parts: list[Views]) -> BatchOutputs:
    first, second = (
        Arrays(*map(np.concatenate, zip(*views, strict=True)))
        for views in ([part.first for part in parts], [part.second for part in parts])
    )
    return BatchOutputs(how, labels, first, second, np.concatenate([areas_of(part.boxes) for part in parts]))
