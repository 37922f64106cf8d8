"""App configuration. Connects what has to follow when a password was reset by e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from accounts.models import User


class AccountsConfig(AppConfig):
    """Who you are."""

    name = "accounts"

    def ready(self) -> None:
        from allauth.account.signals import password_reset

        password_reset.connect(_finish_password_reset, dispatch_uid="accounts.password_reset")


def _finish_password_reset(*, user: User, **_: object) -> None:
    from accounts import services

    services.password_reset_finish(user=user)
