"""The type of users in services: apps know accounts by `AUTH_USER_MODEL` only."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

#: `request.user`: an account, or a guest.
Person: TypeAlias = "AbstractBaseUser | AnonymousUser"


def account_id(person: Person | None) -> int | None:
    """The key of a person's account; None for a guest, and for the site itself (None)."""
    return person.pk if person is not None and person.is_authenticated else None
