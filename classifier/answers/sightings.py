"""Writes of sightings: photos that their sender says show the same car."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from classifier.models import Identification, Sighting
from core.people import Person, account_id


def sighting_create(*, photos: Sequence[Identification], user: Person, guest_key: str = "") -> Sighting:
    """Group one's own photos.

    One that was in another sighting before leaves it: it shows what was said last.
    """
    owner = account_id(user)
    with transaction.atomic():
        sighting = Sighting.objects.create(owner_id=owner, guest_key="" if owner else guest_key)
        mine = Identification.objects.visible_to(user, guest_key).filter(pk__in=[row.pk for row in photos])
        before = set(mine.exclude(sighting=None).values_list("sighting", flat=True))
        mine.update(sighting=sighting)
        Sighting.objects.filter(pk__in=before).empty().delete()
    return sighting
