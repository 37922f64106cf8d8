"""The projection that cars are compared in: directions in which photos of one car agree and different cars differ.

Embeddings are centred, scaled so that photos of one car spread alike in all directions, and turned so that the first
directions tell the most cars apart (linear discriminant analysis). Distances there are in units of that spread. NumPy
only; N photos, C classes, D numbers of an embedding, d directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.bundle.bundle import PROJECTION, Bundle
from ml.exceptions import BundleError

#: Directions that are kept. More tell trained classes apart better, and classes never seen worse.
DIRECTIONS = 128
#: Share of the mean spread that is added to the spread of every direction: few photos never show all of it.
SHRINKAGE = 0.3


@dataclass(frozen=True, eq=False)
class EmbeddingProjection:
    """Where embeddings go, and where the photos of each class lie in the mean. Arrays are single precision."""

    mean: np.ndarray  # (D)
    projection: np.ndarray  # (D, d)
    centroids: np.ndarray  # (C, d)

    def project(self, embeddings: np.ndarray) -> np.ndarray:
        """(…, D) embeddings in the projection: (…, d)."""
        return (np.asarray(embeddings, np.float32) - self.mean) @ self.projection

    def neighbours(self, projected: np.ndarray, count: int) -> np.ndarray:
        """The `count` classes nearest to each projected embedding (B, d), the nearest first: (B, count) class numbers."""
        return np.argsort(distances(projected, self.centroids), axis=-1, kind="stable")[..., :count]

    def to_file(self) -> bytes:
        """The safetensors file that a bundle keeps, in half precision."""
        from safetensors.numpy import save

        return save(
            {
                "mean": self.mean,
                "projection": self.projection.astype(np.float16),
                "centroids": self.centroids.astype(np.float16),
            }
        )


def read_projection(bundle: Bundle) -> EmbeddingProjection | None:
    """The projection of a bundle; None where it has none. Raises BundleError where it does not fit the labels."""
    if not bundle.has_projection:
        return None
    from safetensors.numpy import load_file

    tensors = load_file(bundle.path / PROJECTION)
    try:
        projection = EmbeddingProjection(
            *(tensors[name].astype(np.float32) for name in ("mean", "projection", "centroids"))
        )
    except KeyError as error:
        raise BundleError(f"{bundle.path / PROJECTION} lacks {error}. Export the run again.") from None
    if projection.centroids.shape != (len(bundle.labels), projection.projection.shape[1]):
        raise BundleError(
            f"{bundle.path / PROJECTION} has {len(projection.centroids)} classes for {len(bundle.labels)} labels. Its files come from "
            "different runs: export the run again."
        )
    return projection


def distances(projected: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances of each of (…, d) projected embeddings to each of (M, d) others: (…, M)."""
    own = np.square(projected).sum(axis=-1)[..., None]
    return np.maximum(own + np.square(others).sum(axis=-1) - 2 * projected @ others.T, 0.0)


def fit_projection(
    embeddings: np.ndarray,
    labels: np.ndarray,
    *,
    directions: int = DIRECTIONS,
    shrinkage: float = SHRINKAGE,
) -> EmbeddingProjection:
    """The projection of embeddings (N, D) of photos with these class numbers (N); every class has at least one photo.

    Its numbers are rounded to what a bundle keeps, so that what is measured in it holds once it is read again.
    """
    values = np.asarray(embeddings, np.float64)
    classes = int(labels.max()) + 1
    counts = np.bincount(labels, minlength=classes)
    sums = np.stack([np.bincount(labels, weights=column, minlength=classes) for column in values.T], axis=1)
    means = sums / counts[:, None]
    within = values - means[labels]
    spread = within.T @ within / max(len(values) - classes, 1)
    mean_spread = np.trace(spread) / len(spread)
    variances, axes = np.linalg.eigh(
        (1 - shrinkage) * spread + (shrinkage * mean_spread + 1e-9) * np.eye(len(spread))
    )
    whiten = axes / np.sqrt(variances)
    centre = means.mean(axis=0)
    _, _, turned = np.linalg.svd((means - centre) @ whiten, full_matrices=False)
    projection = whiten @ turned[: min(directions, classes)].T
    return EmbeddingProjection(
        centre.astype(np.float32),
        projection.astype(np.float16).astype(np.float32),
        ((means - centre) @ projection).astype(np.float16).astype(np.float32),
    )
