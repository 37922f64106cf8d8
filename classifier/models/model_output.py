"""What models said of a photo besides the answer that is shown."""

from __future__ import annotations

from typing import Any

from django.db import models

from classifier import choices
from classifier.querysets import ModelOutputQuerySet


class ModelOutput(models.Model):
    """What one model version said of a photo besides the answer that is shown.

    A past answer that a newer model's replaced, or one of a shadow run, which is shown to staff alone.
    """

    Role = choices.OutputRole

    identification = models.ForeignKey("Identification", on_delete=models.CASCADE, related_name="outputs")
    model_version = models.ForeignKey("ModelVersion", on_delete=models.PROTECT, related_name="outputs")
    role = models.CharField(max_length=8, choices=Role)
    scene = models.CharField(max_length=10, blank=True)
    decision = models.CharField(max_length=10, blank=True)
    predictions = models.JSONField(
        default=list, help_text='[{"label", "slug", "probability"}], the likeliest first.'
    )
    agrees = models.BooleanField(
        null=True, help_text="Of a shadow run: whether it says the same as the answer that is shown."
    )
    failure = models.CharField(
        max_length=200, blank=True, help_text="Of a shadow run: why there is no answer."
    )
    answered = models.DateTimeField(help_text="When the model answered.")

    objects = ModelOutputQuerySet.as_manager()

    class Meta:
        ordering = ["-answered"]
        constraints = [
            models.UniqueConstraint(
                fields=["identification", "model_version", "role"], name="output_once_per_model_and_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version}, {self.get_role_display().lower()}"

    @property
    def best(self) -> dict[str, Any] | None:
        return self.predictions[0] if self.predictions else None
