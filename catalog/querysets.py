"""Every read of the catalogue that is more than one filter."""

from __future__ import annotations

from django.db import models


class MakeQuerySet(models.QuerySet):
    """Reads of makes."""

    def published(self) -> MakeQuerySet:
        """Makes with at least one published variant."""
        return self.filter(models.Exists(self.model.objects.filter(pk=models.OuterRef("pk"), models__variants__is_published=True)))


class CarModelQuerySet(models.QuerySet):
    """Reads of models."""

    def published(self) -> CarModelQuerySet:
        """Models with at least one published variant."""
        return self.filter(models.Exists(self.model.objects.filter(pk=models.OuterRef("pk"), variants__is_published=True)))


class VariantQuerySet(models.QuerySet):
    """Reads of variants."""

    def published(self) -> VariantQuerySet:
        """Variants that visitors may see."""
        return self.filter(is_published=True)

    def with_names(self) -> VariantQuerySet:
        """Model and make along, so that naming and linking a variant costs no query."""
        return self.select_related("model__make")
