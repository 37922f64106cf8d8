"""What `/metrics` says of e-mails about accounts, and of notices: what has not left."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils import timezone

from core.figures import Figure, Figures
from core.models import OutgoingEmail


def figures(now: datetime | None = None) -> Figures:
    """E-mails by state, and the age of the oldest one that waits. Enquiries count their own."""
    now = now or timezone.now()
    waiting = Q(status=OutgoingEmail.Status.WAITING)
    found = OutgoingEmail.objects.exclude(purpose=OutgoingEmail.Purpose.ENQUIRY).aggregate(
        waiting=Count("pk", filter=waiting & Q(attempts=0)),
        failing=Count("pk", filter=waiting & Q(attempts__gt=0)),
        undeliverable=Count("pk", filter=~waiting),
        oldest=Min("created", filter=waiting),
    )
    text = "E-mails about accounts that have not left: waiting, waiting after a failure, undeliverable."
    for state in ("waiting", "failing", "undeliverable"):
        yield Figure("carsite_letters", text, {"state": state}, found[state])
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    yield Figure("carsite_letters_waiting_oldest_seconds", "Age of the e-mail that waits longest.", {}, age)
