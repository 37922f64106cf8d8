"""App configuration. Connects what has to follow when a password or a second factor changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest

    from accounts.models import User


class AccountsConfig(AppConfig):
    """Who you are."""

    name = "accounts"

    def ready(self) -> None:
        from allauth.account.signals import password_reset
        from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
        from django.db.models.signals import post_save

        post_save.connect(_after_save, sender="accounts.User", dispatch_uid="accounts.access")
        password_reset.connect(_after_reset, dispatch_uid="accounts.password_reset")
        for signal in (authenticator_added, authenticator_removed, authenticator_reset):
            signal.connect(_after_second_factor, dispatch_uid="accounts.second_factor")


def _after_save(*, instance: User, created: bool, **_: object) -> None:
    """A new password, from whatever page, admin or command."""
    from accounts import services

    if not created and getattr(instance, "_password", None) is not None:  # set since the last save
        services.access_end(user=instance)


def _after_reset(*, user: User, **_: object) -> None:
    from accounts import services

    services.address_prove(user=user)


def _after_second_factor(
    *, user: User, request: HttpRequest, authenticator: Authenticator, **_: object
) -> None:
    """A session from before knows nothing of the code; the one in which it was set up goes on."""
    from django.contrib.auth import HASH_SESSION_KEY

    from accounts import services

    if authenticator.type == authenticator.Type.TOTP:
        services.access_end(user=user)
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        request.session.save()  # allauth sends this once the transaction is over, perhaps after the answer
