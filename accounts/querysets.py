"""Every read of accounts that is more than one filter."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models


class LetterQuerySet(models.QuerySet):
    """Reads of mails that have still to leave."""

    def overdue(self, *, now: datetime) -> LetterQuerySet:
        """Those that nobody is sending and whose next try may start."""
        return self.filter(due__lte=now)

    def too_old(self, *, now: datetime, patience: timedelta) -> LetterQuerySet:
        """Those that waited so long that they would only confuse: their links have expired, or were asked for again."""
        return self.filter(created__lt=now - patience)
