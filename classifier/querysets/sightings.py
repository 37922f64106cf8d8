"""Reads of photos that show the same car."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

from django.db.models import Prefetch

from classifier.querysets.owned import OwnedQuerySet, rows_of

if TYPE_CHECKING:
    from classifier.models import Sighting  # noqa: F401  (in the base class)
    from classifier.querysets.identifications import IdentificationQuerySet


class SightingQuerySet(OwnedQuerySet["Sighting"]):
    """Groups of photos."""

    def with_photos(self) -> Self:
        """Photos with their answers along, the first sent first."""
        photos = cast("IdentificationQuerySet", rows_of(self.model, "photos"))
        return self.prefetch_related(Prefetch("photos", photos.with_answer().order_by("created")))

    def empty(self) -> Self:
        """Whose photos are all gone."""
        return self.filter(photos=None)
