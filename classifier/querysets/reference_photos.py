"""Reads of the photos that staff gave of cars no model was trained on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from classifier.choices import ReferenceState

if TYPE_CHECKING:
    from classifier.models import ReferencePhoto  # noqa: F401  (in the base class)


class ReferencePhotoQuerySet(models.QuerySet["ReferencePhoto"]):
    """Reference photos, by what a model version made of them."""

    def counting_for(self, version_id: int) -> Self:
        """Those that this model version has embedded and can compare with."""
        return self.filter(model_version=version_id, state=ReferenceState.COUNTS)

    def unseen_by(self, version_id: int) -> Self:
        """Those that this model version has not seen yet, the first given first."""
        return self.exclude(model_version=version_id).order_by("pk")

    def with_counts(self) -> Self:
        """With `counting`: how many photos of the same car count for the model that embedded the photo."""
        same = (
            self.model._default_manager.filter(
                variant=OuterRef("variant"), model_version=OuterRef("model_version")
            )
            .filter(state=ReferenceState.COUNTS)
            .order_by()
            .values("variant")
            .annotate(n=Count("pk"))
        )
        return self.annotate(counting=Coalesce(Subquery(same.values("n")), 0))

    def stamp(self) -> tuple[int, datetime | None]:
        """What changes when any of these rows comes, goes or is embedded anew; one small query."""
        found = self.aggregate(count=Count("pk"), latest=Max("updated"))
        return found["count"], found["latest"]
