"""Every read of the supply that is more than one filter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from core.leases import LeaseQuerySet

if TYPE_CHECKING:
    from scraper.models.runs import ScrapeRun
    from scraper.models.staging import CatalogChange, StagedCar  # noqa: F401  # named in the bases below


class ScrapeRunQuerySet(LeaseQuerySet["ScrapeRun"]):
    """Reads of runs; who works on one is settled by its lease."""

    def open(self) -> Self:
        """Runs that have not ended: queued or running."""
        return self.filter(is_open=True)

    def resumable(self) -> Self:
        """Ended before their work was done, the newest first."""
        return self.filter(status__in=[self.model.Status.STOPPED, self.model.Status.FAILED]).order_by("-pk")

    def typical_of(self, source: str) -> Self:
        """The last few whole runs of a source that read enough pages to be typical, the newest first."""
        done = self.filter(
            source=source, status=self.model.Status.DONE, car_pages__gte=self.model.ENOUGH_PAGES
        )
        return done.order_by("-pk")[:5]

    def held_as(self, *rows: ScrapeRun) -> Self:
        """As above. A resumed run counts its attempts anew, so that the worker's name is compared as well."""
        return super().held_as(*rows).filter(worker__in=[row.worker for row in rows])


class StagedCarQuerySet(models.QuerySet["StagedCar"]):
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
