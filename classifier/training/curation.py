"""A curator's decisions on what people said of their photos: what is confirmed may be trained on.

Only feedback whose author allowed it is ever decided on. Each decision leaves a CurationEvent and can be
undone.
"""

from __future__ import annotations

from django.db import transaction

from catalog.models import Variant
from classifier.exceptions import NotPossibleNow
from classifier.models import CurationEvent, Feedback
from core.people import Person, account_id

Curation, Action = Feedback.Curation, CurationEvent.Action


def feedback_confirm(*, feedback: Feedback, actor: Person, variant: Variant | None = None) -> None:
    """What the person says is right, or `variant` is; the photo joins the next dataset version.

    Raises NotPossibleNow where it is not clear which car it is, or where it was decided or withdrawn
    meanwhile.
    """
    label = variant or _label(feedback)
    if label is None and feedback.verdict != Feedback.Verdict.NOT_A_CAR:
        raise NotPossibleNow("Say which car of the catalogue it is, or reject it.")
    _decide(feedback, Curation.CONFIRMED, Action.CONFIRMED, actor, label)


def _label(feedback: Feedback) -> Variant | None:
    """The car that the person means; who says that the answer is right means the answer."""
    if feedback.variant or feedback.verdict != Feedback.Verdict.RIGHT:
        return feedback.variant
    best = feedback.identification.best
    return best.variant if best else None


def feedback_reject(*, feedback: Feedback, actor: Person) -> None:
    """The photo is not learned from. Raises NotPossibleNow where it was decided or withdrawn meanwhile."""
    _decide(feedback, Curation.REJECTED, Action.REJECTED, actor, None)


def _decide(feedback: Feedback, state: str, action: str, actor: Person, variant: Variant | None) -> None:
    with transaction.atomic():
        # As it was seen: a person who changes what they said while a curator looks is not overruled.
        pending = Feedback.objects.may_train().filter(
            pk=feedback.pk, curation=Curation.PENDING, updated=feedback.updated
        )
        if not pending.update(curation=state, confirmed_variant=variant):
            raise NotPossibleNow(_why_not(feedback.pk))
        CurationEvent.objects.create(
            feedback_id=feedback.pk, action=action, variant=variant, actor_id=account_id(actor)
        )


def _why_not(pk: int) -> str:
    now = Feedback.objects.filter(pk=pk).first()
    if now is None or not now.may_train:
        return "Its owner has deleted this photo or taken the permission back, so nothing was decided."
    event = now.curation_events.select_related("actor").first()
    if event and now.curation != Curation.PENDING:
        decision = now.get_curation_display().lower()
        return f"{event.actor or 'Somebody'} has already decided: {decision}. Nothing was changed."
    return "Its owner has changed what they said in the meantime. Look at it again."


def feedback_undo(*, feedback: Feedback, actor: Person) -> None:
    """Take a decision back: the feedback waits for one again. Raises NotPossibleNow where there is none."""
    with transaction.atomic():
        decided = Feedback.objects.filter(pk=feedback.pk).exclude(curation=Curation.PENDING)
        if not decided.update(curation=Curation.PENDING, confirmed_variant=None):
            raise NotPossibleNow("There is no decision to undo.")
        CurationEvent.objects.create(
            feedback_id=feedback.pk, action=Action.UNDONE, actor_id=account_id(actor)
        )


def decision_reset(*, before: Feedback | None, after: Feedback) -> None:
    """Forget the decision on feedback that its author changes; called in the transaction of that change."""
    if before is None or before.curation == Curation.PENDING or _said(before) == _said(after):
        return
    after.curation, after.confirmed_variant = Curation.PENDING, None
    after.save(update_fields=["curation", "confirmed_variant", "updated"])
    CurationEvent.objects.create(feedback=after, action=Action.RESET)


def _said(feedback: Feedback) -> tuple[str, int | None, str, bool]:
    return (feedback.verdict, feedback.variant_id, feedback.text, feedback.may_train)
