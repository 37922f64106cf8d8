"""Every read of identifications that is more than one filter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q


class IdentificationQuerySet(models.QuerySet):
    """Reads of identifications; the same methods for pages, API, media and admin."""

    def visible_to(self, user: Any, guest_key: str = "") -> IdentificationQuerySet:
        """Only one's own: those of the user, or of the guest whose browser holds `guest_key`."""
        mine = Q(pk__in=[])
        if user.is_authenticated:
            mine |= Q(owner=user)
        if guest_key:
            mine |= Q(owner=None, guest_key=guest_key)
        return self.filter(mine)

    def waiting(self) -> IdentificationQuerySet:
        """Neither answered nor given up."""
        return self.filter(status__in=("queued", "running"))

    def stale(self, now: datetime, queued_before: datetime) -> IdentificationQuerySet:
        """Whose worker's lease ran out, or whose bell was lost before any worker heard it."""
        return self.filter(
            Q(status="running", lease_until__lt=now) | Q(status="queued", enqueued__lt=queued_before)
        )

    def with_answer(self) -> IdentificationQuerySet:
        """Predictions, variants and model version along, for pages and the API."""
        return self.select_related("model_version", "feedback").prefetch_related(
            "predictions__variant__model__make"
        )
