"""How familiar a photo is: whether it shows a car that was learned at all. NumPy only; B photos, C classes, d directions.

Probabilities can't say it, since they are shares among the known cars. Two things can: how far the best logit stands out
from all others, and how closely the photo points where some known car lies in the projection (ml.serving.embedding_projection). Each fails where the
other does not, so both count: a unit of each is its own spread over photos of known cars.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml.bundle.bundle import Familiarity

#: Share of photos of known cars that may be called unknown.
TURNED_AWAY = 0.05
#: Share of them that lie further from their car than a photo of a learned car may. Logits say nothing of learned cars, so
#: more strangers are taken for one: of five cars of Indian roads, three learned, this names half of their photos, and a
#: sixth of the photos of the two others after them, most of these as "not sure".
FURTHER = 0.025


def stand_out(logits: np.ndarray) -> np.ndarray:
    """(B): how far the best of (B, C) logits is above their mean."""
    return logits.max(axis=1) - logits.mean(axis=1)


def cosines(vectors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(B, M): cosine of each of (B, d) vectors with each of (M, d) known ones."""
    return _directions(vectors) @ _directions(known).T


def _directions(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def familiarity(how: Familiarity, logits: np.ndarray, closest: np.ndarray) -> np.ndarray:
    """(B): familiarity by (B, C) logits and (B) cosines with the closest known car."""
    return how.logit * stand_out(logits) + how.cosine * closest


def fit_familiarity(
    logits: np.ndarray, closest: np.ndarray, *, turned_away: float = TURNED_AWAY
) -> Familiarity:
    """Weights and threshold by photos of known cars that were not learned from."""
    draft = Familiarity(
        logit=1 / max(float(stand_out(logits).std()), 1e-6),
        cosine=1 / max(float(closest.std()), 1e-6),
        threshold=0.0,
        closest=float(np.quantile(closest, FURTHER, method="lower")),
    )
    scores = familiarity(draft, logits, closest)
    threshold = float(np.quantile(scores, turned_away, method="lower"))
    return replace(draft, threshold=threshold)
