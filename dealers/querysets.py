"""Every read of dealers and enquiries that is more than one filter."""

from __future__ import annotations

from typing import Any

from django.db import models


class DealerQuerySet(models.QuerySet):
    """Reads of dealers."""

    def active(self) -> DealerQuerySet:
        """Dealers that take enquiries."""
        return self.filter(is_active=True)


class EnquiryQuerySet(models.QuerySet):
    """Reads of enquiries; the same methods for pages, API and admin."""

    def sent_by(self, user: Any) -> EnquiryQuerySet:
        """What a visitor asked; nothing for a guest."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def leads_of(self, user: Any) -> EnquiryQuerySet:
        """What was asked of the dealers whose staff this user is."""
        return self.filter(dealer__staff=user) if user.is_authenticated else self.none()
