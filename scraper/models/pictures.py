"""Pictures that sources show of cars, on their way to the catalogue's galleries."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from catalog.models import VariantPhoto
from scraper.models.staging import StagedCar

#: Beginnings of licences under which a photo may be learned from.
OPEN_LICENCES = ("cc0", "public domain", "cc by 2", "cc by 3", "cc by 4", "cc by-sa", "cc-by-sa", "cc-by 4")


class SourcePhoto(models.Model):
    """A picture of a staged car.

    waiting → published | double | refused | gone. Staff may have a refused one fetched again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        PUBLISHED = "published", "Published"
        DOUBLE = "double", "There already"
        REFUSED = "refused", "Refused"
        GONE = "gone", "Source is gone"

    MAX_TRIES = 3

    staged = models.ForeignKey(StagedCar, on_delete=models.CASCADE, related_name="pictures")
    url = models.URLField(max_length=500)
    credit = models.CharField(max_length=160, blank=True)
    licence = models.CharField(max_length=120, blank=True, help_text="Without one it is not shown.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True, help_text="Of what was downloaded.")
    fingerprint = models.CharField(max_length=16, blank=True, help_text="Difference hash, 64 bits.")
    scene = models.CharField(
        max_length=10, blank=True, help_text="What the active model sees: exterior, interior, other."
    )
    photo = models.ForeignKey(
        VariantPhoto, on_delete=models.SET_NULL, null=True, blank=True, related_name="source_photos"
    )
    tries = models.PositiveSmallIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now)
    taken = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["staged", "url"], name="picture_once_per_car")]
        indexes = [models.Index(fields=["state", "tries"])]

    def __str__(self) -> str:
        return f"{self.staged}: {self.url}"

    @property
    def may_be_learned_from(self) -> bool:
        """Whether its licence allows it: open ones without "non-commercial" or "no derivatives"."""
        licence = self.licence.casefold().strip()
        closed = any(word in licence.replace("-", " ").split() for word in ("nc", "nd"))
        return licence.startswith(OPEN_LICENCES) and not closed
