"""Photos that belong together: of one car on the road, and of a car that the model shall know without being trained on it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse

from catalog.models import Variant
from classifier.querysets import ReferencePhotoQuerySet, SightingQuerySet


class Sighting(models.Model):
    """Photos that their sender says show the same car. Its answer is made of theirs whenever it is asked for.

    So nothing has to be brought up to date where a photo is answered, answered again, or deleted; a sighting goes with
    its last photo.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="sightings"
    )
    guest_key = models.CharField(
        max_length=43, blank=True, editable=False, help_text="Whose it is until sign-in."
    )
    created = models.DateTimeField(auto_now_add=True)

    objects = SightingQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("classifier:sighting", args=[self.pk])


class ReferencePhoto(models.Model):
    """A photo that staff gave of a car that the model was not trained on; enough of them, and it names that car.

    States: waiting → counts | refused, as a model version read it. Another version reads it anew.
    """

    class State(models.TextChoices):
        """Whether it helps."""

        WAITING = "waiting", "Waiting to be looked at"
        COUNTS = "counts", "Counts"
        REFUSED = "refused", "Does not count"

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
        help_text="Which read it.",
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
