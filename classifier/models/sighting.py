"""Several photos of one car on the road."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse

from classifier.querysets import SightingQuerySet


class Sighting(models.Model):
    """Photos that their sender says show the same car.

    Its answer is made of theirs whenever it is asked for.

    So nothing has to be brought up to date where a photo is answered, answered again, or deleted; a sighting
    goes with its last photo.
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
