"""One photo and its answer."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from classifier import choices
from classifier.querysets import IdentificationQuerySet

if TYPE_CHECKING:
    from classifier.models.prediction import Prediction


class Identification(models.Model):
    """One photo and its answer.

    This row is authoritative; a message in the queue is a wake-up that may be lost.

    States::

        queued ──claim──▶ running ──record──▶ done      (its sender calls it a car: done → queued)
          ▲                 │
          │                 ├──give up──▶ failed        (retry by a person: failed → queued)
          └──lease expired──┘

    A worker claims by compare-and-set and raises `attempt`; it may write its answer only while the row still
    says running with its attempt. After `MAX_ATTEMPTS` expired leases the row fails with a reason; a storage
    that is away counts for no attempt and puts the row back. `done` is the end but for a photo that shows no
    car to the model and one to its sender (`as_car`); else only a newer model's answer
    may take the place of an older one's (`training.backfill`), which is then kept as a `ModelOutput`.
    """

    Status = choices.IdentificationStatus
    Scene = choices.Scene
    Decision = choices.Decision
    MAX_ATTEMPTS = 3

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="identifications",
    )
    guest_key = models.CharField(
        max_length=43, blank=True, editable=False, help_text="Whose it is until sign-in."
    )
    photo = models.FileField(
        upload_to="photos/%Y/%m/", help_text="Made anew from the pixels, without metadata."
    )
    thumbnail = models.FileField(upload_to="thumbnails/%Y/%m/")
    sha256 = models.CharField(max_length=64, help_text="Of the bytes as they were sent.")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="Bytes kept.")
    from_animation = models.BooleanField(
        default=False, editable=False, help_text="It is the first picture of a file that had several."
    )

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(
        max_length=120, blank=True, editable=False, default="", db_default="", help_text="Who last held it."
    )
    enqueued = models.DateTimeField(auto_now_add=True, help_text="When a worker was last woken for it.")
    failure = models.CharField(max_length=40, blank=True, help_text="Stable code of what went wrong.")
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Of the request that brought it; in all log lines.",
    )
    timings = models.JSONField(
        default=dict, editable=False, help_text="Milliseconds by stage of the answer, and of the wait for it."
    )

    scene = models.CharField(max_length=10, choices=Scene, blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    as_car = models.BooleanField(
        "looked at as a car",
        default=False,
        help_text="Its sender says that it shows a car from outside, whatever the model sees.",
    )
    makes = models.JSONField(default=list, help_text='[{"make", "probability"}], the likeliest first.')
    car_models = models.JSONField(
        default=list, help_text='[{"make", "model", "probability"}], the likeliest first.'
    )
    heat_map = models.JSONField(
        default=list, help_text="Rows of 0-255: where in the photo the answer comes from."
    )
    box = models.JSONField(
        default=list, help_text="[left, top, right, bottom] of the second view, in shares."
    )
    hints = models.JSONField(default=list, help_text='What may be wrong with the photo: "dark", "blurred", …')
    model_version = models.ForeignKey(
        "ModelVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="identifications"
    )
    ranking = models.JSONField(
        default=list,
        help_text='[{"label", "slug", "probability"}]: all that counts beside other photos of the car.',
    )
    similar = models.JSONField(
        default=list, help_text='[{"label", "slug", "cosine"}] of cars that look like it, the nearest first.'
    )
    sighting = models.ForeignKey(
        "Sighting", on_delete=models.SET_NULL, null=True, blank=True, related_name="photos"
    )
    look_again = models.DateTimeField(
        null=True, blank=True, help_text="Since when it waits for the active model to look at it again."
    )

    objects = IdentificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["owner", "-created"]),
            models.Index(
                fields=["guest_key", "-created"], condition=~Q(guest_key=""), name="identification_of_guest"
            ),
            models.Index(
                fields=["status", "enqueued"],
                condition=Q(status__in=["queued", "running"]),
                name="identification_waiting",
            ),
            models.Index(
                fields=["look_again"],
                condition=Q(look_again__isnull=False),
                name="identification_look_again",
            ),
            models.Index(
                fields=["finished"], condition=Q(finished__isnull=False), name="identification_finished"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "sha256"], condition=Q(owner__isnull=False), name="photo_once_per_owner"
            ),
            models.UniqueConstraint(
                fields=["guest_key", "sha256"], condition=Q(owner__isnull=True), name="photo_once_per_guest"
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(finished__isnull=False), name="done_is_finished"
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(failure=""), name="failed_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    def get_absolute_url(self) -> str:
        return reverse("classifier:result", args=[self.pk])

    @property
    def candidates(self) -> list[Prediction]:
        """The likeliest first, from prefetched predictions where there are some."""
        return sorted(self.predictions.all(), key=lambda prediction: prediction.rank)

    @property
    def best(self) -> Prediction | None:
        return next(iter(self.candidates), None)

    @property
    def note(self) -> str:
        """What its sender should know of how the file was taken; empty where there is nothing to say."""
        return "This file moves: only its first picture was taken." if self.from_animation else ""

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)
