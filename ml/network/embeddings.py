"""Embeddings of many photos, whatever computes them. NumPy only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np
from PIL import Image

from ml.data.decoding import decoded_batches
from ml.data.photo_table import Photo

Batch = TypeVar("Batch")


class HasEmbedding(Protocol):
    """Outputs of a network for B photos."""

    @property
    def embedding(self) -> np.ndarray:
        """(B, D)."""
        ...


class ViewsPhotos(Protocol):
    """What runs a network on whole photos: a loaded bundle, or a run on ONNX Runtime."""

    def first_view(self, images: Sequence[Image.Image]) -> HasEmbedding:
        """Outputs of the network for each of B whole photos."""
        ...


def embed_batches(batches: Iterable[Batch], embedding: Callable[[Batch], np.ndarray]) -> np.ndarray:
    """(N, D) embeddings of all batches, in their order; `embedding` gives those of one batch, (B, D)."""
    return np.concatenate([embedding(batch) for batch in batches])


def embed_photos(model: ViewsPhotos, photos: Sequence[Photo], *, title: str = "photos") -> np.ndarray:
    """(N, D) embeddings of photos seen whole, once.

    Prints its progress to stderr. Raises DataError naming a photo that can't be decoded.
    """
    return embed_batches(
        decoded_batches(photos, title=title), lambda images: model.first_view(images).embedding
    )
