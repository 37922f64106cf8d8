"""Labelled photos, decoded a few at a time, where one that can't be decoded is an error of the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image
from tqdm import tqdm

from ml.data.photo_table import Photo
from ml.data.photos import open_photo
from ml.exceptions import DataError, PhotoError

#: Photos that are decoded and go through a network at once.
BATCH = 16


def decode(photo: Photo) -> Image.Image:
    """The photo, upright, RGB. Raises DataError naming its file where it can't be decoded."""
    try:
        return open_photo(photo.path)
    except PhotoError as error:
        raise DataError(f"{photo.path}: {error} Remove it or repair it.") from error


def batches(photos: Sequence[Photo], *, title: str = "photos") -> Iterator[Sequence[Photo]]:
    """At most BATCH of the photos at a time, in their order. Prints its progress to stderr."""
    for start in tqdm(range(0, len(photos), BATCH), desc=title, unit="batch"):
        yield photos[start : start + BATCH]


def decoded_batches(photos: Sequence[Photo], *, title: str = "photos") -> Iterator[list[Image.Image]]:
    """The same, decoded. Raises DataError as `decode`."""
    for batch in batches(photos, title=title):
        yield [decode(photo) for photo in batch]
