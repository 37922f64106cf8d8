"""What a bundle's network makes of many photos, kept as arrays, so that settings are tried without looking again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from tqdm import tqdm

from ml.bundle import SecondLook
from ml.calibration import LookLogits
from ml.data import Photo
from ml.exceptions import DataError, PhotoError
from ml.looks import settled
from ml.networks import Arrays
from ml.photos import open_photo
from ml.predictor import LoadedBundle, Looks
from ml.proxies import Proxy
from ml.quality import hints

BATCH = 16


@dataclass(frozen=True)
class Observed:
    """N photos seen whole and once more as `how` says."""

    how: SecondLook
    labels: np.ndarray  # (N) class numbers, as the photos came with
    first: np.ndarray  # (N, C) car logits
    second: np.ndarray  # (N, C) car logits
    scenes: np.ndarray  # (N, 3) scene logits of the first look
    embeddings: tuple[np.ndarray, np.ndarray]  # (N, D) of both looks

    @property
    def embedding(self) -> np.ndarray:
        """(N, D): of both looks together, as an answer has it."""
        first, second = self.embeddings
        return (1 - self.how.weight) * first + self.how.weight * second

    @property
    def car_logits(self) -> np.ndarray:
        """(N, C): of both looks together, before the temperature."""
        return (1 - self.how.weight) * self.first + self.how.weight * self.second

    def part(self, chosen: np.ndarray) -> Observed:
        """The photos of these indices."""
        return Observed(
            self.how,
            self.labels[chosen],
            self.first[chosen],
            self.second[chosen],
            self.scenes[chosen],
            (self.embeddings[0][chosen], self.embeddings[1][chosen]),
        )

    def as_served(self, how: SecondLook) -> Observed:
        """The same photos where the second look weighs as `how` says and is spared where the first one says enough."""
        spared = settled(self.first, how)
        second, embedding = self.second.copy(), self.embeddings[1].copy()
        second[spared], embedding[spared] = self.first[spared], self.embeddings[0][spared]
        return replace(self, how=how, second=second, embeddings=(self.embeddings[0], embedding))

    def logits(self) -> LookLogits:
        """The car logits of both looks, with what the second weighs."""
        return LookLogits(self.first, self.second, self.how.weight, self.labels)


def observe(
    loaded: LoadedBundle,
    photos: Sequence[Photo],
    *,
    ways: Sequence[SecondLook] = (),
    proxy: Proxy | None = None,
    title: str = "photos",
) -> list[Observed]:
    """Look at photos, changed by `proxy` if there is one: once whole, and closer in each of the ways.

    One Observed for each way, the bundle's own where none is given. Prints its progress to stderr. Raises DataError
    naming a photo that can't be decoded.
    """
    ways = ways or [loaded.bundle.settings.second_look]
    seen: list[list[Looks]] = [[] for _ in ways]
    for start in tqdm(range(0, len(photos), BATCH), desc=title, unit="batch"):
        images = [_open(photo, proxy) for photo in photos[start : start + BATCH]]
        first = loaded.look(images)
        remarks = [hints(image) for image in images]
        for way, parts in zip(ways, seen, strict=True):
            looks = loaded.look_closer(images, first, way, remarks)
            parts.append(replace(looks, first=_light(looks.first), second=_light(looks.second)))
    labels = np.array([photo.label for photo in photos])
    return [_joined(way, labels, parts) for way, parts in zip(ways, seen, strict=True)]


def embed(loaded: LoadedBundle, photos: Sequence[Photo], *, title: str = "photos") -> np.ndarray:
    """(N, D) embeddings of photos seen whole, once. Raises DataError as `observe`."""
    parts = [
        loaded.look([_open(photo, None) for photo in photos[start : start + BATCH]]).embedding
        for start in tqdm(range(0, len(photos), BATCH), desc=title, unit="batch")
    ]
    return np.concatenate(parts)


def _light(seen: Arrays) -> Arrays:
    # The feature maps of a thousand photos would take a gigabyte.
    return seen._replace(feature_map=seen.feature_map[:0])


def _open(photo: Photo, proxy: Proxy | None) -> Image.Image:
    try:
        image = open_photo(photo.path)
    except PhotoError as error:
        raise DataError(f"{photo.path}: {error} Remove it or repair it.") from error
    # Seeded by the name, so that a photo looks the same in every run and whatever photos are with it.
    return proxy(image, random.Random(photo.name)) if proxy else image


def _joined(how: SecondLook, labels: np.ndarray, parts: list[Looks]) -> Observed:
    return Observed(
        how,
        labels,
        np.concatenate([part.first.cars for part in parts]),
        np.concatenate([part.second.cars for part in parts]),
        np.concatenate([part.first.scenes for part in parts]),
        (
            np.concatenate([part.first.embedding for part in parts]),
            np.concatenate([part.second.embedding for part in parts]),
        ),
    )
