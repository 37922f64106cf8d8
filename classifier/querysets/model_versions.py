"""Reads of model versions and of what they said besides the answers that are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from classifier.choices import ModelState, OutputRole

if TYPE_CHECKING:
    from classifier.models import ModelOutput, ModelVersion  # noqa: F401  (in the base class)


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    """Models that answer, answered or may answer."""

    def active(self) -> ModelVersion | None:
        """The one whose answers are shown."""
        return self.filter(state=ModelState.ACTIVE).first()

    def shadow(self) -> ModelVersion | None:
        """The one that answers unseen."""
        return self.filter(state=ModelState.SHADOW).first()


class ModelOutputQuerySet(models.QuerySet["ModelOutput"]):
    """Answers that are not shown, or no more."""

    def past(self) -> Self:
        """Answers that were shown once."""
        return self.filter(role=OutputRole.PAST)

    def of_shadow(self, version: ModelVersion) -> Self:
        """What a model version said in its shadow runs."""
        return self.filter(role=OutputRole.SHADOW, model_version=version)
