"""Reads of what people say of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from classifier.choices import Curation, IdentificationStatus

if TYPE_CHECKING:
    from classifier.models import Feedback  # noqa: F401  (in the base class)


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    """Feedback, by what may be done with it."""

    def may_train(self) -> Self:
        """Of people who allow their photo to be learned from; nothing else ever gets near a dataset."""
        return self.filter(may_train=True)

    def to_curate(self) -> Self:
        """What waits for a curator, the oldest first."""
        return (
            self.may_train()
            .filter(curation=Curation.PENDING, identification__status=IdentificationStatus.DONE)
            .order_by("updated", "pk")
        )

    def decided(self) -> Self:
        """What a curator decided and its author still allows, the latest decision first."""
        return (
            self.may_train()
            .exclude(curation=Curation.PENDING)
            .annotate(decided_at=models.Max("curation_events__created"))
            .order_by("-decided_at")
        )

    def with_evidence(self) -> Self:
        """With the answer, other models' outputs, and how many others say what of the very same photo."""
        same_photo = (
            type(self)(self.model)
            .may_train()
            .filter(identification__sha256=OuterRef("identification__sha256"))
            .exclude(pk=OuterRef("pk"))
            .order_by()
            .values("identification__sha256")
        )
        count = Subquery(same_photo.annotate(n=Count("pk")).values("n"))
        agree = Subquery(
            same_photo.filter(verdict=OuterRef("verdict"), variant=OuterRef("variant"))
            .annotate(n=Count("pk"))
            .values("n")
        )
        return (
            self.select_related("identification__model_version", "variant__model__make", "author")
            .prefetch_related("identification__predictions__variant")
            .prefetch_related("identification__outputs__model_version")
            .annotate(others=Coalesce(count, 0), others_agree=Coalesce(agree, 0))
        )

    def confirmed(self) -> Self:
        """Confirmed by a curator and still allowed by its author, oldest first.

        With the photo and the car, which a dataset reads.
        """
        return (
            self.may_train()
            .filter(curation=Curation.CONFIRMED)
            .select_related("identification", "confirmed_variant__model__make")
            .order_by("created", "pk")
        )
