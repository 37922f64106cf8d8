"""The closed sets of values that rows hold.

Models and querysets both use them; each model names its own `Status`, `State` …
"""

from __future__ import annotations

from django.db import models


class IdentificationStatus(models.TextChoices):
    """Where the work on a photo stands."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Being looked at"
    DONE = "done", "Answered"
    FAILED = "failed", "Failed"


class Scene(models.TextChoices):
    """What sort of picture a photo is."""

    EXTERIOR = "exterior", "A car from outside"
    INTERIOR = "interior", "A car from inside"
    OTHER = "other", "Not a car"


class Decision(models.TextChoices):
    """How far an answer may be trusted."""

    SURE = "sure", "Sure"
    UNSURE = "unsure", "Not sure"
    UNKNOWN = "unknown", "Unknown car"


class ModelState(models.TextChoices):
    """What a model version is used for."""

    CANDIDATE = "candidate", "Candidate"
    SHADOW = "shadow", "Shadow"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class OutputRole(models.TextChoices):
    """Why an output that is not shown is kept."""

    PAST = "past", "Earlier answer"
    SHADOW = "shadow", "Shadow run"


class Verdict(models.TextChoices):
    """What a person says of an answer."""

    RIGHT = "right", "The answer is right"
    OTHER_VARIANT = "other_variant", "It is another car of the catalogue"
    NOT_LISTED = "not_listed", "It is a car that is not in the catalogue"
    NOT_A_CAR = "not_a_car", "It is not a car"


class Curation(models.TextChoices):
    """What a curator decided on feedback."""

    PENDING = "pending", "Pending"
    CONFIRMED = "confirmed", "Confirmed"
    REJECTED = "rejected", "Rejected"


class RunStatus(models.TextChoices):
    """Where a training run stands."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ReferenceState(models.TextChoices):
    """Whether a reference photo helps."""

    WAITING = "waiting", "Waiting to be looked at"
    COUNTS = "counts", "Counts"
    REFUSED = "refused", "Does not count"
