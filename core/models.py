"""The outbox: e-mails that have still to leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class OutgoingEmailQuerySet(models.QuerySet["OutgoingEmail"]):
    """Reads of e-mails that have not left, and the one change of a row that two workers may want at once."""

    def due_at(self, now: datetime) -> Self:
        """Those that no worker is sending, whose next attempt may start, and which are still of use."""
        return self.filter(status=OutgoingEmail.Status.WAITING, due__lte=now, expires__gt=now)

    def overdue(self, now: datetime) -> Self:
        """Due ones whose message to a worker must be lost: tried before, or queued a minute ago."""
        return self.due_at(now).filter(Q(attempts__gt=0) | Q(created__lte=now - OutgoingEmail.GRACE))

    def expired(self, now: datetime) -> Self:
        """Those that no worker took in time."""
        return self.filter(status=OutgoingEmail.Status.WAITING, expires__lte=now)

    def outdated(self, now: datetime) -> Self:
        """Undeliverable ones that staff have had `KEEP` to review."""
        undeliverable = self.filter(status=OutgoingEmail.Status.UNDELIVERABLE)
        return undeliverable.filter(expires__lt=now - OutgoingEmail.KEEP)

    def claim(self, pk: int, now: datetime) -> OutgoingEmail | None:
        """The row `pk`, held for `LEASE` and counted as an attempt; None where another worker has it."""
        mine = self.due_at(now).filter(pk=pk)
        if not mine.update(due=now + OutgoingEmail.LEASE, attempts=F("attempts") + 1):
            return None
        return self.filter(pk=pk).first()


class OutgoingEmail(models.Model):
    """An e-mail that has still to leave; the row is deleted when the mail server has taken it.

    States: waiting → undeliverable, and back where staff have it tried again. The row is authoritative; a
    message to a worker is only a wake-up and may be lost. A worker claims a row by moving `due` ahead by
    compare-and-set, so that of two workers one sends.
    """

    class Status(models.TextChoices):
        """Where an e-mail stands that has not left."""

        WAITING = "waiting", "Waiting"
        UNDELIVERABLE = "undeliverable", "Undeliverable"

    class Purpose(models.TextChoices):
        """What an e-mail is about."""

        ACCOUNT = "account", "An account"
        ENQUIRY = "enquiry", "An enquiry"
        NOTICE = "notice", "A notice"

    #: How long one worker holds an e-mail: longer than a task may live (120 s), so that an older lease is one
    #: of a worker that died.
    LEASE = timedelta(seconds=150)
    #: How long a wake-up may be on its way before the sweeper sends another one.
    GRACE = timedelta(minutes=1)
    #: How long an undeliverable e-mail is kept after its time, for staff to see why.
    KEEP = timedelta(days=7)

    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.NOTICE)
    to = models.EmailField()
    to_name = models.CharField(max_length=200, blank=True)
    reply_to = models.EmailField(blank=True)
    reply_to_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=255)
    body = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.WAITING)
    problem = models.CharField(max_length=300, blank=True, help_text="Why the last attempt failed.")
    created = models.DateTimeField(default=timezone.now, editable=False)
    due = models.DateTimeField(default=timezone.now, help_text="When the next attempt may start.")
    expires = models.DateTimeField(help_text="From then on it is no longer of use and not sent any more.")
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = OutgoingEmailQuerySet.as_manager()

    class Meta:
        ordering = ["due"]
        verbose_name = "outgoing e-mail"
        indexes = [models.Index(fields=["status", "due"], name="outgoing_email_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "undeliverable"]), name="outgoing_email_status_known"
            )
        ]

    def __str__(self) -> str:
        return self.subject
