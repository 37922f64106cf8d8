"""Who may act on whose account: nobody on one with rights beyond their own.

Setting a password, switching a second factor off or switching an account on again is as good as signing in
to it. Rights are permissions (an account that is switched off keeps them, as it can be switched on again),
being staff, being a superuser, and what the apps say by `settings.RIGHTS_OF_PEOPLE`.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Q
from django.utils.module_loading import import_string

from accounts.models import User


def may_act_on(actor: User | AnonymousUser, owner: User | None) -> bool:
    """Whether `owner` can do nothing that `actor` can't do. Without an owner: yes."""
    if owner is None or actor.is_superuser or actor == owner:
        return True
    if owner.is_superuser or (owner.is_staff and not actor.is_staff):
        return False
    return _rights_of(owner) <= actor.get_all_permissions()


def _rights_of(user: User) -> set[str]:
    """By name: "app.codename"."""
    held = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    rights = {f"{app}.{name}" for app, name in held.values_list("content_type__app_label", "codename")}
    for path in settings.RIGHTS_OF_PEOPLE:
        rights |= import_string(path)(user)
    return rights
