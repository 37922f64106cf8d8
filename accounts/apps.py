"""App configuration: what has to follow when a password was set by a mailed link."""

from typing import Any

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who you are."""

    name = "accounts"

    def ready(self) -> None:
        """Connect."""
        from allauth.account.signals import password_reset

        password_reset.connect(_finish_password_reset, dispatch_uid="accounts.password_reset")


def _finish_password_reset(*, user: Any, **_: Any) -> None:
    from accounts import services

    services.password_reset_finish(user=user)
