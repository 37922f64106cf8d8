"""Numbers of letters about accounts, for `/metrics`: what still waits to leave by mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils import timezone

from accounts.models import Letter

Figure = tuple[str, str, dict[str, str], float]


def figures(now: datetime | None = None) -> Iterator[Figure]:
    """(name, what it says, labels, value) each."""
    now = now or timezone.now()
    found = Letter.objects.aggregate(
        waiting=Count("pk", filter=Q(attempts=0)),
        failing=Count("pk", filter=Q(attempts__gt=0)),
        oldest=Min("created"),
    )
    text = "Letters about accounts that have not left: waiting, waiting after a failure."
    for state in ("waiting", "failing"):
        yield "carsite_letters", text, {"state": state}, found[state]
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    yield "carsite_letters_waiting_oldest_seconds", "Age of the letter that waits longest.", {}, age
