"""Recording what a person says that a photo shows: what the model may later learn from."""

from __future__ import annotations

from django.db import transaction

from catalog.models import Variant
from classifier.exceptions import NotPossibleNow
from classifier.models import Feedback, Identification
from classifier.training import curation
from core.people import Person, account_id


def feedback_record(
    *,
    identification: Identification,
    author: Person,
    verdict: str,
    variant: Variant | None = None,
    text: str = "",
    may_train: bool = False,
) -> Feedback:
    """What a person says the photo shows; saying it again replaces what was said. Needs an answered photo."""
    if identification.status != Identification.Status.DONE:
        raise NotPossibleNow("This photo has no answer yet. Wait until it is identified, then tell us.")
    with transaction.atomic():
        before = Feedback.objects.filter(identification=identification).first()
        feedback, _ = Feedback.objects.update_or_create(
            identification=identification,
            defaults={
                "author_id": account_id(author),
                "verdict": verdict,
                "variant": variant,
                "text": text,
                "may_train": may_train,
            },
        )
        curation.decision_reset(before=before, after=feedback)
    return feedback
