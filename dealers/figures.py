"""What `/metrics` says of enquiries: what left by e-mail and what did not."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from core.figures import Figure, Figures
from dealers import ceilings
from dealers.models import Enquiry

_UNMAILED = ("waiting", "failing", "given up")


def figures(now: datetime | None = None) -> Figures:
    """Enquiries by the state of their e-mails, and the age of the oldest one whose e-mails wait."""
    now = now or timezone.now()
    unmailed = Enquiry.objects.by_mail_state()
    counts = {"mailed": Enquiry.objects.filter(dealer_mailed__gt=now - timedelta(days=1)).count()}
    counts |= {state: unmailed[state][0] if state in unmailed else 0 for state in _UNMAILED}
    text = "Enquiries by their e-mails: left in the last day, waiting, waiting after a failure, given up."
    for state, count in counts.items():
        yield Figure("carsite_enquiries", text, {"mails": state}, count)
    day = ceilings.last_day(now)
    yield Figure("carsite_enquiries_day", "Enquiries of the last day.", {}, day.total)
    text = "What takes no more enquiries today: the site (1 or 0), and how many dealers."
    yield Figure("carsite_enquiries_refused", text, {"of": "site"}, int(day.is_site_full))
    yield Figure("carsite_enquiries_refused", text, {"of": "dealers"}, len(day.full_dealers))
    oldest = min((unmailed[state][1] for state in ("waiting", "failing") if state in unmailed), default=now)
    yield Figure(
        "carsite_enquiries_waiting_oldest_seconds",
        "Age of the enquiry whose e-mails wait longest.",
        {},
        (now - oldest).total_seconds(),
    )
