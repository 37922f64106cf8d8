"""How the site learns: what happens to model versions, what they read in photos, and the way from feedback to a new one.

Feedback that may train → a curator's decision → a dataset version → a training run → a candidate ModelVersion → shadow →
promoted, or not. Every decision leaves a row that says who made it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models import Variant
from classifier.answers.wording import percent
from classifier.querysets import ReadingQuerySet, TrainingRunQuerySet


class ModelEvent(models.Model):
    """What happened to a model version, and by whom. Written once, never changed."""

    class Action(models.TextChoices):
        """What was done."""

        REGISTERED = "registered", "Registered"
        PROMOTED = "promoted", "Promoted"
        ROLLED_BACK = "rolled_back", "Rolled back to"
        SHADOW_STARTED = "shadow_started", "Shadow run started"
        SHADOW_STOPPED = "shadow_stopped", "Shadow run stopped"

    model_version = models.ForeignKey("ModelVersion", on_delete=models.CASCADE, related_name="events")
    action = models.CharField(max_length=16, choices=Action)
    previous = models.ForeignKey(
        "ModelVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="What was active before.",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the site itself, or somebody at the command line.",
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.model_version}"


class Reading(models.Model):
    """What one model version read in a photo besides the answer that is shown.

    A past answer that a newer model's replaced, or one of a shadow run, which nobody is shown.
    """

    class Role(models.TextChoices):
        """Why it is kept."""

        PAST = "past", "Earlier answer"
        SHADOW = "shadow", "Shadow run"

    identification = models.ForeignKey("Identification", on_delete=models.CASCADE, related_name="readings")
    model_version = models.ForeignKey("ModelVersion", on_delete=models.PROTECT, related_name="readings")
    role = models.CharField(max_length=8, choices=Role)
    scene = models.CharField(max_length=10, blank=True)
    decision = models.CharField(max_length=10, blank=True)
    predictions = models.JSONField(
        default=list, help_text='[{"label", "slug", "probability"}], the likeliest first.'
    )
    agrees = models.BooleanField(
        null=True, help_text="Of a shadow run: whether it says the same as the answer that is shown."
    )
    failure = models.CharField(max_length=200, blank=True, help_text="Of a shadow run: why it read nothing.")
    answered = models.DateTimeField(help_text="When the model looked.")

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["-answered"]
        constraints = [
            models.UniqueConstraint(
                fields=["identification", "model_version", "role"], name="reading_once_per_model_and_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version}: {self.summary}"

    @property
    def best(self) -> dict[str, Any] | None:
        """The likeliest candidate."""
        return self.predictions[0] if self.predictions else None

    @property
    def summary(self) -> str:
        """In a few words, for people."""
        if self.failure:
            return "no answer"
        if self.scene != "exterior" or not self.best:
            return {"interior": "a car from inside", "other": "not a car"}.get(self.scene, "no answer")
        return f"{self.best['label']}, {percent(self.best['probability'])}"


class CurationEvent(models.Model):
    """A curator's decision on feedback, or its withdrawal. Written once, never changed."""

    class Action(models.TextChoices):
        """What was decided."""

        CONFIRMED = "confirmed", "Confirmed"
        REJECTED = "rejected", "Rejected"
        UNDONE = "undone", "Undone"
        RESET = "reset", "Changed by its author"

    feedback = models.ForeignKey("Feedback", on_delete=models.CASCADE, related_name="curation_events")
    action = models.CharField(max_length=10, choices=Action)
    variant = models.ForeignKey(
        Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="As confirmed."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.get_action_display()


class DatasetVersion(models.Model):
    """An immutable list of photos to train on and to judge by: a manifest file, and its SHA-256 here."""

    number = models.PositiveIntegerField(unique=True)
    file = models.CharField(max_length=80, help_text="The manifest (CSV), in VAR_DIR/datasets.")
    sha256 = models.CharField(max_length=64, help_text="Of the manifest.")
    summary = models.JSONField(default=dict, help_text="Counts, and what changed since the previous version.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"dataset {self.number}"


class TrainingRun(models.Model):
    """The work from a dataset version to a candidate model. This row is the truth; the queue is only a bell.

    States::

        queued ──claim──▶ running ──▶ done
          ▲                 │ ├─────▶ failed      (with the reason)
          └──lease expired──┘ └─────▶ cancelled   (also from queued)

    One is open (queued or running) at a time; the database sees to it. A worker that runs it moves `lease_until` ahead;
    where that stops, the sweeper queues the run again and it goes on from its last checkpoint.
    """

    class Status(models.TextChoices):
        """Where the work stands."""

        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

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
        DatasetVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
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
    enqueued = models.DateTimeField(auto_now_add=True, help_text="When the bell was last rung.")
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

    @property
    def percent_done(self) -> int:
        """For a progress bar."""
        return round(self.progress * 100)
