"""Reads of what belongs to a person."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from core.people import Person, account_id

Row = TypeVar("Row", bound=models.Model)


class OwnedQuerySet(models.QuerySet[Row]):
    """Of rows that have an `owner`, or the `guest_key` of a browser before its user signs in."""

    def visible_to(self, user: Person, guest_key: str = "") -> Self:
        """Only one's own: those of the user, or of the guest whose browser holds `guest_key`."""
        mine = Q(pk__in=[])
        if account := account_id(user):
            mine |= Q(owner=account)
        if guest_key:
            mine |= Q(owner=None, guest_key=guest_key)
        return self.filter(mine)


def rows_of(model: type[models.Model], relation: str) -> models.QuerySet[models.Model]:
    """All rows at the other end of a relation, without importing their model."""
    related = model._meta.get_field(relation).related_model
    assert related is not None, f"{relation} is no relation of {model.__name__}"  # noqa: S101  (for the type checker)
    return related._default_manager.all()
