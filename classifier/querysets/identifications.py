"""Reads of identifications; the same methods for pages, API, media and admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

from django.db.models import Prefetch

from classifier.choices import IdentificationStatus as Status
from classifier.choices import OutputRole
from classifier.querysets.owned import OwnedQuerySet, rows_of
from core.leases import LeaseQuerySet

if TYPE_CHECKING:
    from classifier.models import Identification, ModelVersion  # noqa: F401  (in the base class)
    from classifier.querysets.model_versions import ModelOutputQuerySet


class IdentificationQuerySet(  # type: ignore[override]  # two bases, and each has an `as_manager` of its own
    OwnedQuerySet["Identification"], LeaseQuerySet["Identification"]
):
    """Photos and their answers."""

    def waiting(self) -> Self:
        """Neither answered nor given up."""
        return self.filter(status__in=(Status.QUEUED, Status.RUNNING))

    def with_answer(self) -> Self:
        """Predictions, variants, model version and earlier answers (`past`) along, for pages and the API."""
        outputs = cast("ModelOutputQuerySet", rows_of(self.model, "outputs"))
        past = Prefetch("outputs", outputs.past().select_related("model_version"), to_attr="past")
        return self.select_related("model_version", "feedback__variant__model__make").prefetch_related(
            "predictions__variant__model__make", past
        )

    def for_backfill(self) -> Self:
        """Answered ones that wait for the active model, those that wait longest first."""
        return self.filter(status=Status.DONE, look_again__isnull=False).order_by("look_again", "pk")

    def answered_by_others(self, version_id: int) -> Self:
        """Whose shown answer is another model version's."""
        return self.filter(status=Status.DONE).exclude(model_version=version_id)

    def unseen_by_shadow(self, shadow: ModelVersion) -> Self:
        """Answered photos sent in the shadow's time that it has not answered, the oldest first."""
        return (
            self.filter(status=Status.DONE, created__gte=shadow.shadow_since)
            .exclude(outputs__model_version=shadow, outputs__role=OutputRole.SHADOW)
            .order_by("created")
        )
