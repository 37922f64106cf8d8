"""Labels that may be wrong: photos whose nearest neighbours, as a model sees them, show another class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ml.data.photo_table import Photo

NEIGHBOURS = 10
#: Rows of the table of similarities that are in memory at once.
BLOCK = 512


class Suspect(NamedTuple):
    """A photo, the class of most of its neighbours, and the shares of them with that class and its own."""

    photo: Photo
    other: int
    other_share: float
    own_share: float


def find_suspects(
    embeddings: np.ndarray, photos: Sequence[Photo], *, neighbours: int = NEIGHBOURS, least: float = 0.6
) -> list[Suspect]:
    """Photos of which at least the share `least` of the neighbours agree on another class, the surest first.

    Neighbours are by the cosine of embeddings (N, D). The photo itself is none of its neighbours.
    """
    labels = np.array([photo.label for photo in photos])
    nearest = _nearest(embeddings, min(neighbours, len(photos) - 1))
    suspects = []
    for index, around in enumerate(labels[nearest]):
        counts = np.bincount(around, minlength=labels.max() + 1)
        other = int(counts.argmax())
        share = float(counts[other]) / len(around)
        if other != labels[index] and share >= least:
            own = float(counts[labels[index]]) / len(around)
            suspects.append(Suspect(photos[index], other, share, own))
    return sorted(suspects, key=lambda one: (one.own_share - one.other_share, one.photo.name))


def _nearest(embeddings: np.ndarray, count: int) -> np.ndarray:
    """(N, count) indices of the nearest rows of each row, in no order."""
    unit = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    parts = []
    for start in range(0, len(unit), BLOCK):
        similarity = unit[start : start + BLOCK] @ unit.T
        rows = np.arange(len(similarity))
        similarity[rows, start + rows] = -np.inf
        parts.append(np.argpartition(-similarity, count - 1, axis=1)[:, :count])
    return np.concatenate(parts)
