"""What people say of answers, and what curators decided about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models import Variant
from classifier import choices
from classifier.querysets import FeedbackQuerySet


class Feedback(models.Model):
    """What a person says an identification's photo shows.

    Labels carry their author; only opted-in ones train.

    A curator's decision on one that may train: pending → confirmed | rejected, and back by undo. A person who
    changes what they said, or takes the permission back, makes it pending again.
    """

    Verdict = choices.Verdict
    Curation = choices.Curation

    identification = models.OneToOneField("Identification", on_delete=models.CASCADE, related_name="feedback")
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
        return str(self.get_verdict_display())


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
