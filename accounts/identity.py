"""By which address an account is known: the one it signs in with, in whichever spelling that is typed.

An address that waits to be confirmed is not yet its owner's: it finds no account, neither to sign in nor to
set a new password.
"""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from accounts.models import User
from core.addresses import lenient_email


def account_of(address: str) -> User | None:
    """The account with that address. Accounts of an earlier time may have another spelling than today's."""
    spellings = dict.fromkeys((lenient_email(address), address.strip().lower()))
    found = {user.email: user for user in User.objects.filter(email__in=spellings)}
    return next((found[spelling] for spelling in spellings if spelling in found), None)


class EmailBackend(AuthenticationBackend):
    """Signs in by the address of an account, and by no other."""

    def _authenticate_by_email(self, email: str, password: str) -> AbstractBaseUser | None:
        return self._check_password(account_of(email), password)
