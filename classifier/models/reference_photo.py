"""Photos of a car that the model shall know without being trained on it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from catalog.models import Variant
from classifier import choices
from classifier.querysets import ReferencePhotoQuerySet


class ReferencePhoto(models.Model):
    """A photo that staff gave of a car that the model was not trained on.

    With enough photos of a car that count, the model names it. States: waiting → counts | refused, as a model
    version found. Another version reads it anew.
    """

    State = choices.ReferenceState

    class Reason(models.TextChoices):
        """Why it does not count."""

        NOT_OUTSIDE = "not_outside", "It shows no car from outside"
        UNREADABLE = "unreadable", "It can't be read"
        MISSING = "missing", "Its file is gone"

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="reference_photos")
    photo = models.FileField(upload_to="reference/%Y/%m/", help_text="Never shown to visitors.")
    thumbnail = models.FileField(upload_to="reference-thumbnails/%Y/%m/")
    sha256 = models.CharField(max_length=64, help_text="Of the bytes as they were sent.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=12, choices=Reason, blank=True)
    embedding = models.BinaryField(null=True, editable=False, help_text="16-bit floats, little-endian.")
    model_version = models.ForeignKey(
        "ModelVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Which model looked at it.",
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    objects = ReferencePhotoQuerySet.as_manager()

    class Meta:
        ordering = ["variant", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "sha256"], name="reference_photo_once_per_car"),
            models.CheckConstraint(
                condition=~models.Q(state="counts") | models.Q(embedding__isnull=False),
                name="counting_reference_photo_was_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant}, {self.get_state_display().lower()}"
