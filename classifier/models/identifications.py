"""Which car a photo shows: an identification, its predictions, what people say of them, and the model that answered."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models import Variant
from classifier.answers.wording import LIKELY, percent, share_lines
from classifier.querysets import FeedbackQuerySet, IdentificationQuerySet, ModelVersionQuerySet


class ModelVersion(models.Model):
    """A bundle that answered, answers or may answer.

    States::

        candidate ◀──stop── shadow      a shadow answers live photos too; nobody is shown what it says
            │ └─────start────▶ │
            └──────promote─────┴──▶ active ──another is promoted──▶ retired
                                      ▲                                │
                                      └──────promote, roll back────────┘

    One is active and at most one is the shadow: the database sees to both. Where the active one is the bundle that the
    project ships, a newer one that it ships takes its place; a model that somebody promoted stays.
    """

    class State(models.TextChoices):
        """What it is used for."""

        CANDIDATE = "candidate", "Candidate"
        SHADOW = "shadow", "Shadow"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the bundle's model file.")
    card = models.JSONField(
        default=dict, help_text="bundle.json as it was: metrics, thresholds, data, licence."
    )
    report = models.JSONField(
        default=dict, blank=True, help_text="How it did beside the model that was active when it was trained."
    )
    state = models.CharField(max_length=10, choices=State, default=State.CANDIDATE)
    folder = models.CharField(
        max_length=120, blank=True, help_text="Of the bundle, in VAR_DIR/models; empty: the one that ships."
    )
    created = models.DateTimeField(auto_now_add=True)
    promoted = models.DateTimeField(null=True, blank=True)
    promoted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the site itself, or somebody at the command line.",
    )
    shadow_since = models.DateTimeField(null=True, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]
        permissions = [("promote_modelversion", "Can promote models, roll back and start shadow runs")]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state__in=["active", "shadow"]),
                name="one_active_and_one_shadow_model",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def is_active(self) -> bool:
        """Whether its answers are the ones that are shown."""
        return self.state == self.State.ACTIVE

    @property
    def is_shadow(self) -> bool:
        """Whether it answers live photos unseen."""
        return self.state == self.State.SHADOW


class Identification(models.Model):
    """One photo and its answer. This row is the truth about the work; the queue is only a bell.

    States::

        queued ──claim──▶ running ──record──▶ done      (terminal)
          ▲                 │
          │                 ├──give up──▶ failed        (retry by a person: failed → queued)
          └──lease expired──┘

    A worker claims by compare-and-set and raises `attempt`; it may write its answer only while the row still says
    running with its attempt. After `MAX_ATTEMPTS` expired leases the row fails with a reason; a storage that is away
    counts for no attempt and puts the row back. `done` is the end: only a newer model's answer may take the place of an
    older one's (`reidentifying`), which is then kept as a Reading.
    """

    class Status(models.TextChoices):
        """Where the work stands."""

        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Being looked at"
        DONE = "done", "Answered"
        FAILED = "failed", "Failed"

    class Scene(models.TextChoices):
        """What sort of picture it is."""

        EXTERIOR = "exterior", "A car from outside"
        INTERIOR = "interior", "A car from inside"
        OTHER = "other", "Not a car"

    class Decision(models.TextChoices):
        """How far the answer may be trusted."""

        SURE = "sure", "Sure"
        UNSURE = "unsure", "Not sure"
        UNKNOWN = "unknown", "Unknown car"

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

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    enqueued = models.DateTimeField(auto_now_add=True, help_text="When the bell was last rung.")
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
        ModelVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="identifications"
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
    def best(self) -> Prediction | None:
        """The likeliest candidate, from prefetched predictions where there are some."""
        return min(self.predictions.all(), key=lambda prediction: prediction.rank, default=None)

    @property
    def heat_cells(self) -> list[dict[str, float]]:
        """The heat map as squares for a page to draw: x, y and opacity."""
        return [
            {"x": x, "y": y, "opacity": round(value / 255, 2)}
            for y, line in enumerate(self.heat_map)
            for x, value in enumerate(line)
            if value > 12
        ]

    @property
    def make_lines(self) -> list[dict[str, str]]:
        """The likeliest makes that are worth naming, with their probability in words."""
        return share_lines((entry["make"], entry["probability"]) for entry in self.makes)

    @property
    def model_lines(self) -> list[dict[str, str]]:
        """The likeliest models that are worth naming, with their probability in words."""
        return share_lines(
            (f"{entry['make']} {entry['model']}", entry["probability"]) for entry in self.car_models
        )

    @property
    def names_a_car(self) -> bool:
        """Whether the likeliest candidate is likely enough to lead on to its page and to dealers."""
        best = self.best
        return (
            best is not None
            and best.variant is not None
            and self.decision != self.Decision.UNKNOWN
            and (self.decision == self.Decision.SURE or best.probability >= LIKELY)
        )

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)


class Prediction(models.Model):
    """One candidate of an answer."""

    identification = models.ForeignKey(Identification, on_delete=models.CASCADE, related_name="predictions")
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
        return f"{self.label} {self.percent}"

    @property
    def percent(self) -> str:
        """The probability for people."""
        return percent(self.probability)


class Feedback(models.Model):
    """What a person says an identification's photo shows. Labels carry their author; only opted-in ones train.

    A curator's decision on one that may train: pending → confirmed | rejected, and back by undo. A person who changes
    what they said, or takes the permission back, makes it pending again.
    """

    class Verdict(models.TextChoices):
        """What the person says of the answer."""

        RIGHT = "right", "The answer is right"
        OTHER_VARIANT = "other_variant", "It is another car of the catalogue"
        NOT_LISTED = "not_listed", "It is a car that is not in the catalogue"
        NOT_A_CAR = "not_a_car", "It is not a car"

    class Curation(models.TextChoices):
        """What a curator decided."""

        PENDING = "pending", "Pending"
        CONFIRMED = "confirmed", "Confirmed"
        REJECTED = "rejected", "Rejected"

    identification = models.OneToOneField(Identification, on_delete=models.CASCADE, related_name="feedback")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    verdict = models.CharField(max_length=16, choices=Verdict)
    variant = models.ForeignKey(
        Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="feedback"
    )
    text = models.CharField(max_length=200, blank=True, help_text="The car in the person's own words.")
    may_train = models.BooleanField("may be used for training", default=False)
    curation = models.CharField(max_length=10, choices=Curation, default=Curation.PENDING)
    confirmed_variant = models.ForeignKey(
        Variant,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The car that the curator confirmed.",
    )
    told = models.DateTimeField(
        null=True, blank=True, help_text="When its author was told that a newer model agrees."
    )
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-updated"]
        verbose_name_plural = "feedback"
        permissions = [("curate_feedback", "Can decide what the model learns from")]
        indexes = [
            models.Index(
                fields=["curation", "updated"], condition=Q(may_train=True), name="feedback_that_may_train"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}"


# They refer to the models above, and Django looks for all of them here.
