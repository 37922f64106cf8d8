"""Every write to accounts that is more than one `save()`.

Functions take keywords, know nothing of requests or templates, and are one transaction each, except `letter_send`,
which talks to a mail server and must not hold a transaction open meanwhile.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.db import SessionStore
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import tasks
from accounts.exceptions import StaffProtected, TooManyTokens
from accounts.models import ApiToken, Letter, User

logger = logging.getLogger(__name__)

#: API tokens one account may have at a time.
MAX_TOKENS = 20
#: How long one sender holds a letter, and so how soon the next try comes; above the tasks' hard time limit.
LETTER_LEASE = timedelta(seconds=150)
#: After this long an unsent letter is dropped: links to set a new password live no longer.
LETTER_PATIENCE = timedelta(hours=1)


# --- API tokens ---------------------------------------------------------------------------------------------
def token_create(*, user: User, name: str) -> tuple[ApiToken, str]:
    """A new token and, for the only time, its text. Raises TooManyTokens."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two at once must not pass the limit together
        if ApiToken.objects.filter(user=user).count() >= MAX_TOKENS:
            raise TooManyTokens
        return ApiToken.objects.create(user=user, name=name)


# --- Sessions and the second factor -------------------------------------------------------------------------
def sessions_end(*, user: User) -> None:
    """End every session of a person, wherever it was opened."""
    User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)
    user.refresh_from_db(fields=["session_round"])


def sessions_clear() -> None:
    """Delete what is left of sessions that have expired."""
    SessionStore.clear_expired()


def second_factor_remove(*, user: User) -> int:
    """Take a lost second factor away, so that its owner can set up another one; returns how many parts it had.

    Sessions end, too: who has found the phone is out.
    """
    with transaction.atomic():
        removed, _ = Authenticator.objects.filter(user=user).delete()
        sessions_end(user=user)
    return removed


# --- Mails --------------------------------------------------------------------------------------------------
def letter_queue(*, to: str, subject: str, body: str) -> Letter:
    """Keep a mail to send and, once that is committed, ring for somebody to send it."""
    with transaction.atomic():
        letter = Letter.objects.create(to=to, subject=subject, body=body)
        tasks.send_letter.delay_on_commit(letter.pk)
    return letter


def letter_send(*, letter_id: int) -> bool:
    """Send a mail, unless it has left or somebody is sending it. Returns whether it left.

    A process that dies after the mail server took it has it sent again: at least once, not exactly once.
    """
    now = timezone.now()
    mine = Letter.objects.overdue(now=now).filter(pk=letter_id)
    if not mine.update(due=now + LETTER_LEASE, attempts=F("attempts") + 1):
        return False
    letter = Letter.objects.get(pk=letter_id)
    try:
        EmailMessage(letter.subject, letter.body, to=[letter.to]).send()
    except (smtplib.SMTPException, OSError) as error:
        # The class only: an SMTP error's text carries addresses, which have no place in a log.
        logger.warning("letter %s waits, attempt %s: %s", letter.pk, letter.attempts, type(error).__name__)
        return False
    letter.delete()
    return True


def letters_sweep() -> int:
    """Ring again for mails that have not left; drop those past their patience. Returns how many were rung."""
    now = timezone.now()
    with transaction.atomic():
        dropped, _ = Letter.objects.too_old(now=now, patience=LETTER_PATIENCE).delete()
        waiting = list(Letter.objects.overdue(now=now).values_list("pk", flat=True)[:100])
        for pk in waiting:
            tasks.send_letter.delay_on_commit(pk)
    if dropped:
        logger.error("%s letters dropped: the mail server took none of them for %s", dropped, LETTER_PATIENCE)
    return len(waiting)


# --- Accounts -----------------------------------------------------------------------------------------------
def password_reset_finish(*, user: User) -> None:
    """After a new password was set by a mailed link: the address is proven, and no older token is trusted any more."""
    with transaction.atomic():
        ApiToken.objects.filter(user=user).delete()
        if address := EmailAddress.objects.filter(user=user, email=user.email).first():
            address.set_verified()


def account_delete(*, user: User) -> None:
    """Delete an account with everything that is its own, and confirm it by mail. Raises StaffProtected.

    Other apps hear of it by Django's `pre_delete` and take their part away, files once it is committed.
    """
    if user.is_staff or user.is_superuser:
        raise StaffProtected
    with transaction.atomic():
        user.delete()
        letter_queue(
            to=user.email,
            subject="Your Carsite account is deleted",
            body=render_to_string("account/email/account_deleted_message.txt"),
        )
