"""What other apps get of identifications: evidence for an enquiry, and everything that is a person's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.base import File
from django.urls import reverse

from classifier.answers.wording import summary
from classifier.models import Feedback, Identification
from core.people import Person, account_id


@dataclass(frozen=True)
class Evidence:
    """What an enquiry may carry along of an identification."""

    summary: str
    photo: File
    photo_url: str
    variant_slug: str


def evidence_for(*, identification_id: uuid.UUID | str, user: Person, guest_key: str = "") -> Evidence | None:
    """The evidence of one's own answered identification; None for anything else."""
    rows = Identification.objects.visible_to(user, guest_key).with_answer()
    row = rows.filter(pk=identification_id, status=Identification.Status.DONE).first()
    if row is None:
        return None
    best = row.best
    return Evidence(
        summary=summary(row),
        photo=row.photo,
        photo_url=f"{reverse('classifier:photo', args=[row.pk])}?size=thumbnail",
        variant_slug=best.variant.slug if best and best.variant else "",
    )


def personal_data(user: Person) -> tuple[dict[str, object], Iterable[tuple[str, File]]]:
    """Everything of a user's here: JSON-able facts, and (name, file) of each photo."""
    rows = list(
        Identification.objects.filter(owner=account_id(user))
        .with_answer()
        .prefetch_related("outputs__model_version")
    )
    facts = [_facts(row) for row in rows]
    return {"identifications": facts}, ((f"photos/{row.pk}.jpg", row.photo) for row in rows)


def _facts(row: Identification) -> dict[str, object]:
    feedback: Feedback | None = getattr(row, "feedback", None)
    return {
        "id": str(row.pk),
        "created": row.created.isoformat(),
        "status": row.status,
        "scene": row.scene,
        "decision": row.decision,
        "sighting": str(row.sighting_id) if row.sighting_id else None,
        "model_version": str(row.model_version or ""),
        "predictions": [{"label": one.label, "probability": one.probability} for one in row.candidates],
        "other_answers": [
            {
                "role": one.role,
                "model_version": str(one.model_version),
                "answered": one.answered.isoformat(),
                "scene": one.scene,
                "decision": one.decision,
                "predictions": one.predictions,
            }
            for one in row.outputs.all()
        ],
        "feedback": {name: getattr(feedback, name) for name in ("verdict", "text", "may_train")}
        if feedback
        else None,
    }
