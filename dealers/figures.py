"""Numbers of enquiries, for `/metrics`: what left by mail and what did not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from dealers.models import Enquiry
from dealers.services import MAIL_ATTEMPTS

Figure = tuple[str, str, dict[str, str], float]


def figures(now: datetime | None = None) -> Iterator[Figure]:
    """(name, what it says, labels, value) each."""
    now = now or timezone.now()
    given_up = Enquiry.objects.unmailed().filter(mail_attempts__gte=MAIL_ATTEMPTS)
    waiting = Enquiry.objects.unmailed().filter(mail_attempts__lt=MAIL_ATTEMPTS)
    found = waiting.aggregate(
        n=Count("pk"), tried=Count("pk", filter=Q(mail_attempts__gt=0)), oldest=Min("created")
    )
    mailed = Enquiry.objects.filter(dealer_mailed__gt=now - timedelta(days=1)).count()
    text = "Enquiries by their mails: left in the last day, waiting, waiting after a failure, given up."
    states = {
        "mailed": mailed,
        "waiting": found["n"],
        "failing": found["tried"],
        "given up": given_up.count(),
    }
    for state, count in states.items():
        yield "carsite_enquiries", text, {"mails": state}, count
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    yield "carsite_enquiries_waiting_oldest_seconds", "Age of the enquiry whose mails wait longest.", {}, age
