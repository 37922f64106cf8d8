"""The candidates of an answer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models import Variant


class Prediction(models.Model):
    """One candidate of an answer."""

    identification = models.ForeignKey("Identification", on_delete=models.CASCADE, related_name="predictions")
    rank = models.PositiveSmallIntegerField(help_text="From 1, the likeliest first.")
    label = models.CharField(max_length=160, help_text="The model's own name of the class.")
    probability = models.FloatField(help_text="Calibrated, 0 to 1.")
    variant = models.ForeignKey(
        Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="predictions"
    )

    class Meta:
        ordering = ["identification", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["identification", "rank"], name="prediction_rank_once"),
            models.CheckConstraint(
                condition=Q(probability__range=(0, 1)), name="prediction_probability_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return self.label
