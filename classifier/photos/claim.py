"""A guest's photos follow them into the account that they sign in to."""

from __future__ import annotations

from django.db import transaction

from classifier.models import Identification, Sighting
from classifier.photos.delete import identifications_delete
from core.people import Person, account_id


def identifications_claim(*, user: Person, guest_key: str) -> int:
    """Give the photos of the browser that holds `guest_key` to an account; returns how many.

    A photo that the account has already is dropped: its older answer stays.
    """
    owner = account_id(user)
    if owner is None or not guest_key:
        return 0
    with transaction.atomic():
        guests = Identification.objects.filter(owner=None, guest_key=guest_key)
        known = Identification.objects.filter(owner=owner).values("sha256")
        identifications_delete(rows=list(guests.filter(sha256__in=known)))
        Sighting.objects.filter(owner=None, guest_key=guest_key).update(owner=owner, guest_key="")
        return guests.update(owner=owner, guest_key="")
