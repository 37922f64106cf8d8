"""How familiar a photo is: whether it shows a car that was learned at all (open-set recognition).

NumPy only; B photos, C classes, d directions of the embedding projection.

Probabilities can't say it, since they are shares among the known cars. Two scores can. One is how far the
best logit stands out from all others, a relative of the maximum logit score (Hendrycks et al., 2022). The
other is the cosine with the nearest class mean in a whitened space (`ml.serving.embedding_projection`), a
relative of the Mahalanobis score (Lee et al., 2018). Each fails where the other does not, so they are added
up: a unit of each is its own spread over photos of known cars.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml.bundle.bundle import Familiarity
from ml.serving.views import Floats

#: Share of photos of known cars that may be called unknown.
TURNED_AWAY = 0.05
#: Share of them that lie further from their car than a photo of a learned car may. Logits say nothing of
#: learned cars, so more strangers are taken for one: of five cars of Indian roads, three learned, this names
#: half of their photos, and a sixth of the photos of the two others after them, most of these as "not sure".
FURTHER = 0.025


def stand_out(logits: Floats) -> Floats:
    """(B): how far the best of (B, C) logits is above their mean."""
    return np.asarray(logits.max(axis=1) - logits.mean(axis=1))


def cosines(vectors: Floats, known: Floats) -> Floats:
    """(B, M): cosine of each of (B, d) projected embeddings with each of (M, d) known ones."""
    return np.asarray(_directions(vectors) @ _directions(known).T)


def _directions(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def familiarity(how: Familiarity, logits: Floats, closest: Floats) -> Floats:
    """(B): familiarity by (B, C) logits and (B) cosines with the closest known car."""
    return np.asarray(how.logit * stand_out(logits) + how.cosine * closest)


def fit_familiarity(logits: Floats, closest: Floats, *, turned_away: float = TURNED_AWAY) -> Familiarity:
    """Weights and thresholds by photos of known cars that training never saw.

    They are given by their (N, C) logits and their (N) cosines with the closest known car.
    """
    draft = Familiarity(
        logit=1 / max(float(stand_out(logits).std()), 1e-6),
        cosine=1 / max(float(closest.std()), 1e-6),
        threshold=0.0,
        closest=float(np.quantile(closest, FURTHER, method="lower")),
    )
    scores = familiarity(draft, logits, closest)
    threshold = float(np.quantile(scores, turned_away, method="lower"))
    return replace(draft, threshold=threshold)
