"""Every write to accounts that is more than one `save()`.

Functions take keywords, know nothing of requests, and are one transaction each.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.exceptions import StaffProtected, TooManyTokens
from accounts.models import ApiToken, User
from core import mail
from core.models import OutgoingEmail

#: API tokens one account may have at a time.
MAX_TOKENS = 20


# --- API tokens ---------------------------------------------------------------------------------------------
def token_create(*, user: User, name: str) -> tuple[ApiToken, str]:
    """A new token and, for the only time, its text. It ends after TOKEN_TTL. Raises TooManyTokens."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two at once must not pass the limit together
        if ApiToken.objects.filter(user=user, expiry__gt=timezone.now()).count() >= MAX_TOKENS:
            raise TooManyTokens
        token, text = ApiToken.objects.create(user=user, name=name)
    return token, text


def tokens_clear() -> None:
    """Delete tokens that have ended."""
    ApiToken.objects.filter(expiry__lte=timezone.now()).delete()


# --- Sessions and the second factor -------------------------------------------------------------------------
def sessions_end(*, user: User) -> None:
    """End every session of a person, wherever it was opened, and what was asked for in one of them."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)
        user.refresh_from_db(fields=["session_round"])
        pending_address_forget(user=user)


def sessions_clear() -> None:
    """Delete what is left of sessions that have expired."""
    SessionStore.clear_expired()


def second_factor_remove(*, user: User) -> int:
    """Remove a lost second factor, so that its owner can set up another one; returns how many parts it had.

    Sessions and tokens end, too: a finder of the phone is signed out.
    """
    with transaction.atomic():
        removed, _ = Authenticator.objects.filter(user=user).delete()
        access_end(user=user)
    return int(removed)


# --- Who may get in -----------------------------------------------------------------------------------------
def pending_address_forget(*, user: User) -> None:
    """Forget an address that an account was to change to: the link that was mailed there is dead."""
    EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email).delete()


def access_end(*, user: User) -> None:
    """End whatever gets in without today's password or second factor: tokens, sessions, pending addresses.

    Called after each change of a password or of the second factor, wherever it was made. A session that is
    to stay has to be renewed after it.
    """
    with transaction.atomic():
        ApiToken.objects.filter(user=user).delete()
        sessions_end(user=user)


def address_prove(*, user: User) -> None:
    """A link that was mailed to the account's address was followed: the address is its owner's."""
    if address := EmailAddress.objects.filter(user=user, email=user.email).first():
        address.set_verified()


# --- Accounts -----------------------------------------------------------------------------------------------
def account_delete(*, user: User) -> None:
    """Delete an account with everything that is its own, and confirm it by e-mail. Raises StaffProtected.

    Other apps listen to `pre_delete` and delete their part, files once that is committed.
    """
    if user.is_staff or user.is_superuser:
        raise StaffProtected
    with transaction.atomic():
        user.delete()
        OutgoingEmail.objects.filter(to=user.email).exclude(purpose=OutgoingEmail.Purpose.ENQUIRY).delete()
        mail.queue(
            purpose=OutgoingEmail.Purpose.ACCOUNT,
            to=user.email,
            subject="Your Carsite account has been deleted",
            body=render_to_string("account/email/account_deleted_message.txt"),
        )
