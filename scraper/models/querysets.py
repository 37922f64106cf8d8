"""Every read of the supply that is more than one filter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from scraper.models.staging import CatalogChange, StagedCar  # noqa: F401  # named in the bases below


class StagedCarQuerySet(models.QuerySet["StagedCar"]):
    """Reads of staged cars."""

    def pending(self) -> StagedCarQuerySet:
        """What waits for a person, the oldest first."""
        return self.filter(status__in=self.model.PENDING).order_by("created", "pk")

    def with_field(self, key: str) -> StagedCarQuerySet:
        """Where a fact of this kind waits for a decision."""
        return self.filter(open_keys__contains=f" {key} ")

    def with_names(self) -> StagedCarQuerySet:
        """Source and car of the catalogue along."""
        return self.select_related("source", "variant__model__make")


class CatalogChangeQuerySet(models.QuerySet["CatalogChange"]):
    """Reads of changes."""

    def standing(self) -> CatalogChangeQuerySet:
        """Those that were not undone."""
        return self.filter(undone__isnull=True)

    def recent(self, days: int = 30) -> CatalogChangeQuerySet:
        """Those of the last days."""
        return self.filter(created__gte=timezone.now() - timedelta(days=days))

    def later_on_the_same_cars(self, change: CatalogChange) -> CatalogChangeQuerySet:
        """Standing changes after this one of cars that it changed."""
        own = change.cars.filter(variant__isnull=False).values("variant")
        return self.standing().filter(pk__gt=change.pk, cars__variant__in=own).distinct()
