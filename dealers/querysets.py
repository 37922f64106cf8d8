"""Every read of cities, dealers and enquiries that is more than one filter."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import ASin, Cos, Least, Power, Radians, Sin, Sqrt

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from dealers.models import City, Dealer, Enquiry  # noqa: F401  (named in strings below)

_Row = TypeVar("_Row", bound=models.Model)

EARTH_RADIUS = 6_371_008.8
"""Mean radius in metres (IUGG)."""


def great_circle(latitude: float, longitude: float) -> models.Expression:
    """Metres from a point in degrees to the row's `latitude`, `longitude`, by the haversine formula.

    The database computes it, so it can sort and page by distance. Between antipodes rounding lifts the
    haversine above one, where the arc sine would be an error: hence the `Least`.
    """
    north = Power(Sin(Radians(F("latitude") - Value(latitude)) / 2.0), 2)
    east = Power(Sin(Radians(F("longitude") - Value(longitude)) / 2.0), 2)
    haversine = north + Cos(Radians(Value(latitude))) * Cos(Radians(F("latitude"))) * east
    return models.ExpressionWrapper(
        2.0 * EARTH_RADIUS * ASin(Sqrt(Least(Value(1.0), haversine))), output_field=models.FloatField()
    )


class PlacedQuerySet(models.QuerySet[_Row]):
    """Reads of rows that have a place on earth."""

    def near(self, latitude: float, longitude: float) -> Self:
        """Nearest first, with `distance` in metres."""
        return self.annotate(distance=great_circle(latitude, longitude)).order_by("distance", "name", "pk")


class CityQuerySet(PlacedQuerySet["City"]):
    """Reads of cities."""


class DealerQuerySet(PlacedQuerySet["Dealer"]):
    """Reads of dealers."""

    def active(self) -> Self:
        """Dealers that take enquiries."""
        return self.filter(is_active=True)

    def staffed_by(self, user: User | AnonymousUser) -> Self:
        """Dealers whose leads this user sees."""
        return self.filter(staff=user)

    def with_names(self) -> Self:
        """City and makes along, so that a list of dealers costs two queries however long it is."""
        return self.select_related("city").prefetch_related("makes")


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    """Reads of enquiries; the same methods for pages, API and admin."""

    def sent_by(self, user: User | AnonymousUser) -> Self:
        """What a visitor asked; nothing for a guest."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def leads_of(self, user: User | AnonymousUser) -> Self:
        """What was asked of the dealers whose staff this user is."""
        return self.filter(dealer__staff=user) if user.is_authenticated else self.none()

    def readable_by(self, user: User | AnonymousUser, linked: Iterable[UUID] = ()) -> Self:
        """What a person may read as sender, dealer's staff or site's staff, or by links they hold."""
        by_link = Q(pk__in=list(linked))
        if not user.is_authenticated:
            return self.filter(by_link)
        if user.is_staff and user.has_perm("dealers.view_enquiry"):
            return self
        own = Q(user=user) | Q(dealer__in=user.dealerships.values("pk"))
        return self.filter(own | by_link)

    def with_names(self) -> Self:
        """Join dealer, city and car: a list of enquiries costs one query, however long it is."""
        return self.select_related(
            "dealer__city", "variant__model__make", "mail_to_dealer", "mail_to_visitor"
        )

    def count_by_status(self) -> dict[str, int]:
        """How many there are of each status that occurs."""
        return dict(self.order_by().values_list("status").annotate(models.Count("pk")))

    def expired(self, *, before: datetime.datetime) -> Self:
        """Those that last changed before a time and still hold something personal, the oldest first."""
        return self.filter(updated__lt=before).exclude(email="").order_by("updated")

    def since(self, when: datetime.datetime) -> Self:
        """Those that were sent after a time."""
        return self.filter(created__gt=when)

    def unmailed(self) -> Self:
        """Enquiries of which an e-mail has not left."""
        return self.filter(Q(dealer_mailed__isnull=True) | Q(visitor_mailed__isnull=True)).exclude(email="")

    def by_mail_state(self) -> dict[str, tuple[int, datetime.datetime]]:
        """By state: how many enquiries are unmailed, and when the oldest of them was sent to us."""
        rows = self.unmailed().order_by().values_list(_mail_state())
        counted = rows.annotate(models.Count("pk"), models.Min("created"))
        return {state: (count, oldest) for state, count, oldest in counted}


def _mail_state() -> Case:
    """Of an unmailed enquiry: "given up", "failing" or "waiting".

    "given up" where at least one of its two e-mails is, "failing" where a first attempt failed.
    """
    given_up = _mail_given_up("dealer") | _mail_given_up("visitor")
    failing = Q(mail_to_dealer__attempts__gt=0) | Q(mail_to_visitor__attempts__gt=0)
    return Case(
        When(given_up, then=Value("given up")),
        When(failing, then=Value("failing")),
        default=Value("waiting"),
        output_field=models.CharField(),
    )


def _mail_given_up(receiver: str) -> Q:
    """Whether the e-mail to `receiver` (dealer or visitor) has not left and no longer waits in the outbox."""
    row = f"mail_to_{receiver}"
    lost = Q(**{f"{row}__isnull": True}) | Q(**{f"{row}__status": "undeliverable"})
    return Q(**{f"{receiver}_mailed__isnull": True}) & lost
