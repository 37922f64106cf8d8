"""Deleting photos with their answers and files: single ones, an account's, and guests' that have expired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from classifier.models import Identification, Sighting
from classifier.photos.storage import files_remove

#: So many expired photos go in one transaction, and after it their files.
EXPIRED_AT_ONCE = 50


def identification_delete(*, identification: Identification) -> None:
    """Delete an identification, its answer and, once that is committed, its files."""
    identifications_delete(rows=[identification])


def identifications_delete(*, rows: Sequence[Identification]) -> int:
    """Delete identifications with their files; returns how many rows went."""
    sightings = {row.sighting_id for row in rows if row.sighting_id}
    with transaction.atomic():
        _, counts = Identification.objects.filter(pk__in=[row.pk for row in rows]).delete()
        Sighting.objects.filter(pk__in=sightings).empty().delete()
        # Not robust: nothing but the end of a task's time comes out of it, and that has to end the task.
        transaction.on_commit(lambda: files_remove(rows))
    return counts.get(Identification._meta.label, 0)


def guest_photos_expire(*, now: datetime | None = None) -> int:
    """Delete guests' photos past GUEST_PHOTO_HOURS; returns how many.

    Few in a transaction: where this is stopped between rows and files, few files are left to `manage.py
    orphans`.
    """
    before = (now or timezone.now()) - timedelta(hours=settings.GUEST_PHOTO_HOURS)
    expired = Identification.objects.filter(owner=None, created__lt=before)
    deleted = 0
    while rows := list(expired[:EXPIRED_AT_ONCE]):
        deleted += identifications_delete(rows=rows)
    return deleted
