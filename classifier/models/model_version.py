"""The models that answer, and what happened to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from classifier import choices
from classifier.querysets import ModelVersionQuerySet


class ModelVersion(models.Model):
    """A bundle that answered, answers or may answer.

    States::

        candidate ◀──stop── shadow      a shadow answers live photos too; visitors never see it
            │ └─────start────▶ │
            └──────promote─────┴──▶ active ──another is promoted──▶ retired
                                      ▲                                │
                                      └──────promote, roll back────────┘

    One is active and at most one is the shadow: the database sees to both. Where the active one is the bundle
    that the project ships, a newer one that it ships takes its place; a model that a person promoted stays.
    """

    State = choices.ModelState

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
