"""How many enquiries a dealer, and the site, pass on in a day, whoever sends them.

Counted in the database: what is stored counts, in all processes, and whoever looks sees the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Count, Min
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from core import mail
from dealers.exceptions import CeilingReached
from dealers.models import Dealer, Enquiry

DAY = timedelta(days=1)


class Ceiling(NamedTuple):
    """Of one dealer or, without one, of the site: how many enquiries of the last day, and how many may be."""

    dealer: Dealer | None
    asked: int
    limit: int

    def __str__(self) -> str:
        return str(self.dealer or "all dealers")


def ceilings_check(*, dealer: Dealer) -> None:
    """Raises CeilingReached, and tells staff once a day, where one is reached."""
    now = timezone.now()
    recent = Enquiry.objects.since(now - DAY)
    for of, rows, limit in (
        (dealer, recent.filter(dealer=dealer), settings.ENQUIRIES_PER_DEALER_DAY),
        (None, recent, settings.ENQUIRIES_PER_DAY),
    ):
        said = rows.aggregate(count=Count("pk"), oldest=Min("created"))
        if said["count"] >= limit:
            _tell_staff(Ceiling(of, said["count"], limit))
            raise CeilingReached(
                dealer=str(of or ""), phone=dealer.phone, retry_after=_seconds(said["oldest"], now)
            )


@dataclass(frozen=True)
class LastDay:
    """The enquiries of the last day, counted by the key of their dealer."""

    by_dealer: Mapping[int, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_dealer.values())

    @property
    def is_site_full(self) -> bool:
        """Whether the site takes no more."""
        return self.total >= settings.ENQUIRIES_PER_DAY

    @property
    def full_dealers(self) -> list[int]:
        """The dealers who get no more."""
        return [key for key, count in self.by_dealer.items() if count >= settings.ENQUIRIES_PER_DEALER_DAY]


def last_day(now: datetime | None = None) -> LastDay:
    """One query, however many dealers there are."""
    recent = Enquiry.objects.since((now or timezone.now()) - DAY).order_by()
    return LastDay(dict(recent.values_list("dealer").annotate(Count("pk"))))


def reached(now: datetime | None = None) -> Iterator[Ceiling]:
    """What takes no more enquiries at present."""
    day = last_day(now)
    if day.is_site_full:
        yield Ceiling(None, day.total, settings.ENQUIRIES_PER_DAY)
    for dealer in Dealer.objects.filter(pk__in=day.full_dealers):
        yield Ceiling(dealer, day.by_dealer[dealer.pk], settings.ENQUIRIES_PER_DEALER_DAY)


def _seconds(oldest: datetime | None, now: datetime) -> int:
    """Until the oldest of those that count is a day old."""
    return max(1, int((((oldest or now) + DAY) - now).total_seconds()) + 1)


def _tell_staff(ceiling: Ceiling) -> None:
    """By e-mail those who may see enquiries."""
    if not cache.add(
        f"dealers.ceiling.{ceiling.dealer.pk if ceiling.dealer else 0}", 1, int(DAY.total_seconds())
    ):
        return
    url = f"{settings.SITE_URL}{reverse('admin:dealers_enquiry_changelist')}"
    body = render_to_string("dealers/mail/ceiling.txt", {"ceiling": ceiling, "url": url})
    for person in get_user_model().objects.filter(is_staff=True, is_active=True):
        if person.has_perm("dealers.view_enquiry"):
            mail.queue(to=person.email, subject=f"No more enquiries to {ceiling} for now", body=body)
