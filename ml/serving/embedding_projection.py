"""The projection of embeddings in which cars are compared: linear discriminant analysis (Fisher, 1936; Rao,
1948).

Embeddings are centred, whitened so that photos of one car spread alike in all directions, and turned so that
the first directions tell the most cars apart. The covariance within classes is shrunk towards a multiple of
the identity (Friedman, 1989), since few photos never show all of it. Distances in the projection are in units
of that spread: the Mahalanobis distance with one covariance for all classes. NumPy only; N photos, C classes,
D numbers of an embedding, d directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.bundle.bundle import PROJECTION, Bundle
from ml.exceptions import BundleError
from ml.serving.views import Floats

#: Directions that are kept. More tell trained classes apart better, and classes never seen worse.
DIRECTIONS = 128
#: Share of the mean spread that is added to the spread of every direction.
SHRINKAGE = 0.3


@dataclass(frozen=True, eq=False)
class EmbeddingProjection:
    """`(embedding - mean) @ projection`, and the means of the classes there. Arrays are single precision."""

    mean: NDArray[np.float32]  # (D)
    projection: NDArray[np.float32]  # (D, d)
    centroids: NDArray[np.float32]  # (C, d)

    def project(self, embeddings: Floats) -> NDArray[np.float32]:
        """(…, D) embeddings as (…, d) projected ones."""
        return np.asarray((np.asarray(embeddings, np.float32) - self.mean) @ self.projection)

    def neighbours(self, projected: Floats, count: int) -> NDArray[np.intp]:
        """(B, count) numbers of the classes nearest to each of (B, d) projected embeddings, nearest first."""
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
    """The projection of a bundle; None where it has none.

    Raises BundleError where it does not fit the labels.
    """
    if not bundle.has_projection:
        return None
    from safetensors.numpy import load_file

    path = bundle.path / PROJECTION
    tensors = load_file(path)
    try:
        mean, projection, centroids = (
            tensors[name].astype(np.float32) for name in ("mean", "projection", "centroids")
        )
    except KeyError as error:
        raise BundleError(f"{path} lacks {error}. Export the run again.") from None
    if centroids.shape != (len(bundle.labels), projection.shape[1]):
        raise BundleError(
            f"{path} has {len(centroids)} classes for {len(bundle.labels)} labels. Its files come from "
            "different runs: export the run again."
        )
    return EmbeddingProjection(mean, projection, centroids)


def distances(projected: Floats, others: Floats) -> Floats:
    """Squared distances of each of (…, d) projected embeddings to each of (M, d) others: (…, M)."""
    own = np.square(projected).sum(axis=-1)[..., None]
    return np.asarray(np.maximum(own + np.square(others).sum(axis=-1) - 2 * projected @ others.T, 0.0))


def fit_projection(
    embeddings: Floats,
    labels: NDArray[np.integer],
    *,
    directions: int = DIRECTIONS,
    shrinkage: float = SHRINKAGE,
) -> EmbeddingProjection:
    """The projection by embeddings (N, D) of photos with these class numbers (N); every class has at least
    one photo.

    Its numbers are rounded to what a bundle keeps, so that what is measured in it holds once it is read
    again.
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
