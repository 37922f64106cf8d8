"""A guest's photos follow them into the account that they sign in to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from classifier.models import Identification, Sighting
from classifier.photos.delete import identifications_delete

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


def identifications_claim(*, user: AbstractBaseUser, guest_key: str) -> int:
    """Give the photos of the browser that holds `guest_key` to an account; returns how many.

    A photo that the account has already is dropped: its older answer stays.
    """
    if not guest_key:
        return 0
    with transaction.atomic():
        guests = Identification.objects.filter(owner=None, guest_key=guest_key)
        known = Identification.objects.filter(owner=user).values("sha256")
        identifications_delete(rows=list(guests.filter(sha256__in=known)))
        Sighting.objects.filter(owner=None, guest_key=guest_key).update(owner=user, guest_key="")
        return guests.update(owner=user, guest_key="")
