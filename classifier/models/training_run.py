"""The work from a dataset version to a candidate model."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from classifier import choices
from classifier.querysets import TrainingRunQuerySet


class TrainingRun(models.Model):
    """The work from a dataset version to a candidate model.

    This row is authoritative, as an Identification is.

    States::

        queued ──claim──▶ running ──▶ done
          ▲                 │ ├─────▶ failed      (with the reason)
          └──lease expired──┘ └─────▶ cancelled   (also from queued)

    One is open (queued or running) at a time; the database sees to it. A worker that runs it moves
    `lease_until` ahead; where that stops, the sweep queues the run again and it goes on from its last
    checkpoint.
    """

    Status = choices.RunStatus
    MAX_ATTEMPTS = 5

    base = models.ForeignKey(
        "ModelVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Started from.",
    )
    dataset = models.ForeignKey(
        "DatasetVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    candidate = models.ForeignKey(
        "ModelVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="made_by",
        help_text="What came of it.",
    )
    recipe = models.CharField(max_length=500, help_text="Path of the recipe.")
    only_dataset = models.BooleanField(default=False, help_text="Ends once the dataset version is made.")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    is_open = models.BooleanField(default=True, editable=False)
    step = models.CharField(max_length=120, blank=True, help_text="What it is doing.")
    progress = models.FloatField(default=0.0, help_text="0 to 1.")
    failure = models.TextField(blank=True)
    cancel_requested = models.BooleanField(default=False)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(
        max_length=120, blank=True, editable=False, default="", db_default="", help_text="Who last held it."
    )
    enqueued = models.DateTimeField(auto_now_add=True, help_text="When a worker was last woken for it.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_open"], condition=Q(is_open=True), name="one_open_training_run"
            ),
            models.CheckConstraint(
                condition=Q(is_open=True, status__in=["queued", "running"])
                | Q(is_open=False, status__in=["done", "failed", "cancelled"]),
                name="training_run_open_means_unfinished",
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(failure=""), name="failed_training_run_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"training run {self.pk} ({self.get_status_display().lower()})"
