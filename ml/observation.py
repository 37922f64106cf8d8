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
from ml.photos import open_photo
from ml.predictor import LoadedBundle, Looks
from ml.proxies import Proxy

BATCH = 16


@dataclass(frozen=True)
class Observed:
    """N photos seen whole and once more as `how` says."""

    how: SecondLook
    labels: np.ndarray  # (N) class numbers, as the photos came with
    first: np.ndarray  # (N, C) car logits
    second: np.ndarray  # (N, C) car logits
    scenes: np.ndarray  # (N, 3) scene logits of the first look

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
        # The feature maps of a thousand photos would take a gigabyte.
        light = first._replace(feature_map=first.feature_map[:0])
        for way, parts in zip(ways, seen, strict=True):
            parts.append(replace(loaded.look_closer(images, first, way), first=light))
    labels = np.array([photo.label for photo in photos])
    return [_joined(way, labels, parts) for way, parts in zip(ways, seen, strict=True)]


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
        np.concatenate([part.second for part in parts]),
        np.concatenate([part.first.scenes for part in parts]),
    )
