"""Reads of photos that show the same car."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Prefetch

from classifier.querysets.owned import OwnedQuerySet

if TYPE_CHECKING:
    from classifier.models import Sighting  # noqa: F401  (names the rows in the base class)


class SightingQuerySet(OwnedQuerySet["Sighting"]):
    """Groups of photos."""

    def with_photos(self) -> Self:
        """Photos with their answers along, the first sent first."""
        photos = self.model._meta.get_field("photos").related_model._default_manager
        return self.prefetch_related(Prefetch("photos", photos.with_answer().order_by("created")))

    def empty(self) -> Self:
        """Whose photos are all gone."""
        return self.filter(photos=None)
