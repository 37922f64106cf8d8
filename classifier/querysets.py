"""Every read that is more than one filter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Count, Max, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce


class OwnedQuerySet(models.QuerySet):
    """Reads of what belongs to a person."""

    def visible_to(self, user: Any, guest_key: str = "") -> Self:
        """Only one's own: those of the user, or of the guest whose browser holds `guest_key`."""
        mine = Q(pk__in=[])
        if user.is_authenticated:
            mine |= Q(owner=user)
        if guest_key:
            mine |= Q(owner=None, guest_key=guest_key)
        return self.filter(mine)


class SightingQuerySet(OwnedQuerySet):
    """Reads of photos that show the same car."""

    def with_photos(self) -> SightingQuerySet:
        """Photos with their answers along, the first sent first."""
        from classifier.models import Identification

        photos = Identification.objects.with_answer().order_by("created")
        return self.prefetch_related(Prefetch("photos", queryset=photos))

    def empty(self) -> SightingQuerySet:
        """Whose photos are all gone."""
        return self.filter(photos=None)


class IdentificationQuerySet(OwnedQuerySet):
    """Reads of identifications; the same methods for pages, API, media and admin."""

    def waiting(self) -> IdentificationQuerySet:
        """Neither answered nor given up."""
        return self.filter(status__in=("queued", "running"))

    def expired(self, now: datetime, *, longest: timedelta) -> IdentificationQuerySet:
        """Whose worker's lease ran out. One that runs longer than any may was given before the clock was set back."""
        return self.filter(status="running").filter(
            Q(lease_until__lt=now) | Q(lease_until__gt=now + longest * 2)
        )

    def unheard(self, now: datetime, *, for_: timedelta) -> IdentificationQuerySet:
        """Whose bell was rung so long ago, or in a future that the clock knew of before it was set back."""
        return self.filter(status="queued").filter(Q(enqueued__lt=now - for_) | Q(enqueued__gt=now + for_))

    def with_answer(self) -> IdentificationQuerySet:
        """Predictions, variants, model version and earlier answers (`past`) along, for pages and the API."""
        from classifier.models import Reading

        past = Prefetch("readings", Reading.objects.past().select_related("model_version"), to_attr="past")
        return self.select_related("model_version", "feedback").prefetch_related(
            "predictions__variant__model__make", past
        )

    def to_look_at_again(self) -> IdentificationQuerySet:
        """Answered ones that wait for the active model, those that wait longest first."""
        return self.filter(status="done", look_again__isnull=False).order_by("look_again", "pk")

    def answered_by_others(self, version_id: int) -> IdentificationQuerySet:
        """Whose shown answer is another model version's."""
        return self.filter(status="done").exclude(model_version=version_id)

    def unread_by_shadow(self, shadow: Any) -> IdentificationQuerySet:
        """Photos sent in the shadow's time that are answered and that it has not looked at, the oldest first."""
        return (
            self.filter(status="done", created__gte=shadow.shadow_since)
            .exclude(readings__model_version=shadow, readings__role="shadow")
            .order_by("created")
        )


class ModelVersionQuerySet(models.QuerySet):
    """Reads of model versions."""

    def active(self) -> Any:
        """The one whose answers are shown, or None."""
        return self.filter(state="active").first()

    def shadow(self) -> Any:
        """The one that answers unseen, or None."""
        return self.filter(state="shadow").first()


class FeedbackQuerySet(models.QuerySet):
    """Reads of feedback."""

    def may_train(self) -> FeedbackQuerySet:
        """Of people who allow their photo to be learned from; nothing else ever gets near a dataset."""
        return self.filter(may_train=True)

    def to_curate(self) -> FeedbackQuerySet:
        """What waits for a curator, the oldest first."""
        return (
            self.may_train()
            .filter(curation="pending", identification__status="done")
            .order_by("updated", "pk")
        )

    def decided(self) -> FeedbackQuerySet:
        """What a curator decided and its author still allows, the latest decision first."""
        return (
            self.may_train()
            .exclude(curation="pending")
            .annotate(decided_at=models.Max("curation_events__created"))
            .order_by("-decided_at")
        )

    def with_evidence(self) -> FeedbackQuerySet:
        """With the answer, what other models read, and how many others say what of the very same photo."""
        same_photo = (
            FeedbackQuerySet(self.model)
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
            .prefetch_related(
                "identification__predictions__variant", "identification__readings__model_version"
            )
            .annotate(others=Coalesce(count, 0), others_agree=Coalesce(agree, 0))
        )

    def confirmed(self) -> FeedbackQuerySet:
        """What a curator confirmed and its author still allows, with all that a dataset needs, the oldest first."""
        return (
            self.may_train()
            .filter(curation="confirmed")
            .select_related("identification", "confirmed_variant__model__make")
            .order_by("created", "pk")
        )


class ReadingQuerySet(models.QuerySet):
    """Reads of readings."""

    def past(self) -> ReadingQuerySet:
        """Answers that were shown once."""
        return self.filter(role="past")

    def of_shadow(self, version: Any) -> ReadingQuerySet:
        """What a model version read in its shadow runs."""
        return self.filter(role="shadow", model_version=version)


class TrainingRunQuerySet(models.QuerySet):
    """Reads of training runs."""

    def open(self) -> TrainingRunQuerySet:
        """Queued or running."""
        return self.filter(is_open=True)


class ReferencePhotoQuerySet(models.QuerySet):
    """Reads of the photos that staff gave of cars no model was trained on."""

    def counting_for(self, version_id: int) -> ReferencePhotoQuerySet:
        """Those that this model version has read and can compare with."""
        return self.filter(model_version=version_id, state="counts")

    def unread_by(self, version_id: int) -> ReferencePhotoQuerySet:
        """Those that this model version has not looked at yet, the first given first."""
        return self.exclude(model_version=version_id).order_by("pk")

    def with_counts(self) -> ReferencePhotoQuerySet:
        """With `counting`: how many photos of the same car count for the model that read the photo."""
        same = (
            self.model._default_manager.filter(
                variant=OuterRef("variant"), model_version=OuterRef("model_version")
            )
            .filter(state="counts")
            .order_by()
            .values("variant")
            .annotate(n=Count("pk"))
        )
        return self.annotate(counting=Coalesce(Subquery(same.values("n")), 0))

    def stamp(self) -> tuple[Any, ...]:
        """What changes when any of these rows comes, goes or is read anew; one small query."""
        found = self.aggregate(count=Count("pk"), latest=Max("updated"))
        return found["count"], found["latest"]
