"""An answer of a model as the rows that hold it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from catalog.models import Variant
from classifier.models import Identification, Prediction

if TYPE_CHECKING:
    from ml.serving.answers import Answer


def answer_values(answer: Answer, version_id: int) -> dict[str, object]:
    """An answer as fields of an identification."""
    return {
        "scene": answer.scene,
        "decision": answer.decision,
        "makes": [{"make": make, "probability": round(p, 4)} for make, p in answer.makes[:5]],
        "car_models": [
            {"make": make, "model": model, "probability": round(p, 4)} for make, model, p in answer.models[:5]
        ],
        "heat_map": [list(line) for line in answer.heat_map],
        "box": list(answer.box),
        "hints": list(answer.hints),
        "ranking": [
            {"label": one.label, "slug": one.slug, "probability": round(one.probability, 5)}
            for one in answer.ranking
        ],
        "similar": [
            {"label": one.label, "slug": one.slug, "cosine": round(one.cosine, 3)} for one in answer.similar
        ],
        "model_version_id": version_id,
    }


def answer_to(row: Identification, answer: Answer) -> Answer:
    """A model's answer as that to this photo: of one that its sender calls a car, the car is named."""
    return answer.as_car() if row.as_car else answer


def predictions_write(*, identification_id: uuid.UUID, answer: Answer) -> None:
    """Write an answer's candidates, in the place of those that there are.

    Call it in the transaction that writes the answer.
    """
    Prediction.objects.filter(identification=identification_id).delete()
    slugs = {candidate.slug for candidate in answer.predictions}
    variants = Variant.objects.known_as(slugs)
    Prediction.objects.bulk_create(
        Prediction(
            identification_id=identification_id,
            rank=rank,
            label=candidate.label,
            probability=candidate.probability,
            variant=variants.get(candidate.slug),
        )
        for rank, candidate in enumerate(answer.predictions, start=1)
    )


def output_values(answer: Answer) -> dict[str, object]:
    """An answer as fields of a ModelOutput."""
    return {
        "scene": answer.scene,
        "decision": answer.decision,
        "predictions": [
            {"label": one.label, "slug": one.slug, "probability": round(one.probability, 4)}
            for one in answer.predictions
        ],
    }
