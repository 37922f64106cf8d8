"""Reads of what belongs to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

Row = TypeVar("Row", bound=models.Model)


class OwnedQuerySet(models.QuerySet[Row]):
    """Of rows that have an `owner`, or the `guest_key` of a browser while nobody has signed in."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser, guest_key: str = "") -> Self:
        """Only one's own: those of the user, or of the guest whose browser holds `guest_key`."""
        mine = Q(pk__in=[])
        if user.is_authenticated:
            mine |= Q(owner=user)
        if guest_key:
            mine |= Q(owner=None, guest_key=guest_key)
        return self.filter(mine)
