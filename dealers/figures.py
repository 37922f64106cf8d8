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
    is_open = Q(mail_attempts__lt=MAIL_ATTEMPTS)
    found = Enquiry.objects.unmailed().aggregate(
        waiting=Count("pk", filter=Q(mail_attempts=0)),
        failing=Count("pk", filter=is_open & Q(mail_attempts__gt=0)),
        given_up=Count("pk", filter=~is_open),
        oldest=Min("created", filter=is_open),
    )
    mailed = Enquiry.objects.filter(dealer_mailed__gt=now - timedelta(days=1)).count()
    text = "Enquiries by their mails: left in the last day, waiting, waiting after a failure, given up."
    states = {
        "mailed": mailed,
        "waiting": found["waiting"],
        "failing": found["failing"],
        "given up": found["given_up"],
    }
    for state, count in states.items():
        yield "carsite_enquiries", text, {"mails": state}, count
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    yield "carsite_enquiries_waiting_oldest_seconds", "Age of the enquiry whose mails wait longest.", {}, age
