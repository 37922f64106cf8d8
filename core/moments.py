"""Moments that come back from a page or a program as text."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime

#: Databases and time zones can't hold every moment that can be written.
_FAR = timedelta(days=365 * 200)


def moment(text: str) -> datetime | None:
    """The moment that a text names, with its time zone; None where there is none within two centuries."""
    try:
        found = parse_datetime(text)
        if found is None or found.tzinfo is None:
            return None
        return found if abs(found - timezone.now()) < _FAR else None
    except (ValueError, OverflowError):
        return None
