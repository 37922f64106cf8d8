"""Cars that a worker's model knows by reference photos alone; read from the database when they change."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from catalog.models import Variant
from classifier.models import ReferencePhoto
from ml.bundle.bundle import Label
from ml.exceptions import BundleError
from ml.serving.prototypes import FEWEST, Prototype, prototype_of

if TYPE_CHECKING:
    from ml.serving.predictor import Predictor

logger = logging.getLogger(__name__)
#: How embeddings are stored: half precision, little-endian.
STORED = np.dtype("<f2")
_taught: tuple[Predictor, tuple[object, ...]] | None = None


def teach(predictor: Predictor, version_id: int) -> None:
    """See to it that a loaded model names all cars that have enough reference photos.

    One small query where nothing changed.

    A bundle that can't learn names none of them; that is logged once.
    """
    global _taught  # noqa: PLW0603  (one model in one process)
    stamp = ReferencePhoto.objects.counting_for(version_id).stamp()
    if _taught is not None and _taught[0] is predictor and _taught[1] == stamp:
        return
    prototypes = prototypes_for(version_id)
    try:
        predictor.learn(prototypes)
    except BundleError as error:
        logger.warning("%d cars are not named: %s", len(prototypes), error)
    _taught = (predictor, stamp)


def forget() -> None:
    """Forget what the loaded model was taught: the next call of `teach` reads all of it anew."""
    global _taught  # noqa: PLW0603
    _taught = None


def prototypes_for(version_id: int) -> list[Prototype]:
    """Of each published car with FEWEST or more photos that count for this model version, by slug."""
    embeddings: dict[int, list[np.ndarray]] = defaultdict(list)
    for variant_id, stored in ReferencePhoto.objects.counting_for(version_id).values_list(
        "variant", "embedding"
    ):
        embeddings[variant_id].append(np.frombuffer(bytes(stored or b""), STORED).astype(np.float32))
    enough = {pk: own for pk, own in embeddings.items() if len(own) >= FEWEST}
    variants = Variant.objects.published().with_names().filter(pk__in=enough).order_by("slug")
    return [prototype_of(label_of(variant), enough[variant.pk]) for variant in variants]


def label_of(variant: Variant) -> Label:
    """A car of the catalogue as a class of a model."""
    make, model = variant.model.make.name, variant.model.name
    return Label(str(variant), variant.slug, make, model, variant.body, variant.year)
