"""The one outbox: every e-mail of the site is a row first and leaves by a worker.

So no page waits for a mail server, and with mail server or broker away nothing is lost. Functions take
keywords and are one transaction each, except `send`, which talks to a mail server and must not hold a
transaction open meanwhile.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from core.addresses import AddressNotUsable
from core.logs import masked
from core.models import OutgoingEmail, OutgoingEmailQuerySet
from core.queue import enqueue_on_commit
from core.smtp import mailbox

logger = logging.getLogger(__name__)

#: How long an e-mail is of use unless its sender says otherwise: links to set a new password live no longer.
LIFETIME = timedelta(hours=1)
#: After the first failed attempt. Each wait is twice as long as the one before it.
FIRST_WAIT = timedelta(minutes=1)
#: No wait is longer than this part of an e-mail's lifetime: 17 minutes of an hour, 6 hours of 21.
LONGEST_WAIT = 2 / 7
#: How many e-mails one sweep wakes workers for.
SWEEP_BATCH = 100

#: Sent with `email`, a row that the mail server has taken, before the row is deleted, in the same
#: transaction. A receiver that has to know that an e-mail left writes in a savepoint of its own
#: (`transaction.atomic`): where that fails, Django logs it, and the e-mail has left all the same.
email_left = Signal()
#: Sent with `emails`, keys of rows that have become undeliverable, for those who have to tell somebody.
email_given_up = Signal()


# --- Into the outbox ----------------------------------------------------------------------------------------
def queue(
    *,
    to: str,
    subject: str,
    body: str,
    to_name: str = "",
    html: str = "",
    reply_to: str = "",
    reply_to_name: str = "",
    headers: Mapping[str, str] | None = None,
    purpose: str = OutgoingEmail.Purpose.NOTICE,
    lifetime: timedelta = LIFETIME,
) -> OutgoingEmail:
    """Keep an e-mail to send and, once that is committed, wake a worker.

    After `lifetime` it is not sent any more. Every e-mail has one Message-ID: should it be sent twice,
    mailboxes show it once.
    """
    now = timezone.now()
    with transaction.atomic():
        email = OutgoingEmail.objects.create(
            purpose=purpose,
            to=to,
            to_name=one_line(to_name)[:200],
            reply_to=reply_to,
            reply_to_name=one_line(reply_to_name)[:200],
            subject=_shortened(one_line(subject)),
            body=body,
            html=html,
            headers={"Message-ID": make_msgid(domain=site_host()), **(headers or {})},
            created=now,
            due=now,
            expires=now + lifetime,
        )
        enqueue_on_commit("core.tasks.send_email", email.pk)
    return email


def site_host() -> str:
    """The host in the site's address, for Message-IDs."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def one_line(text: str) -> str:
    """Text for a header, which has one line: more would have the whole e-mail refused."""
    return " ".join(text.split())


def _shortened(subject: str) -> str:
    return subject if len(subject) <= 255 else f"{subject[:254]}…"


# --- Out of it ----------------------------------------------------------------------------------------------
def send(*, email_id: int) -> bool:
    """Send an e-mail, unless it has left, a worker is sending it, or it is not due. Returns whether it left.

    No error of mail escapes: the row says what happened. A process that dies after the mail server took the
    e-mail has it sent again: at least once, not exactly once, which no mail system offers.
    """
    email = OutgoingEmail.objects.claim(email_id, timezone.now())
    if email is None:
        return False
    try:
        _deliver(email)
    except Exception as error:  # whatever a mail backend, a mail server or a text that was typed thinks of
        _keep(email, error)
        return False
    with transaction.atomic():
        email_left.send_robust(OutgoingEmail, email=email)
        email.delete()
    return True


def _deliver(email: OutgoingEmail) -> None:
    """Hand an e-mail to the mail server. Raises whatever a mail backend may raise."""
    message = EmailMultiAlternatives(
        subject=email.subject,
        body=email.body,
        to=[mailbox(email.to_name, email.to)],
        reply_to=_reply_to(email),
        headers=dict(email.headers),
    )
    if email.html:
        message.attach_alternative(email.html, "text/html")
    if not message.send():
        raise smtplib.SMTPException("The mail server took nothing.")


def _reply_to(email: OutgoingEmail) -> list[str]:
    """An address that nobody can write to keeps no e-mail from leaving."""
    try:
        return [mailbox(email.reply_to_name, email.reply_to)] if email.reply_to else []
    except AddressNotUsable:
        return []


def _keep(email: OutgoingEmail, error: Exception) -> None:
    """The row after a failed attempt: it waits for the next one, or is undeliverable."""
    now = timezone.now()
    due = _next_attempt(email, now)
    is_over = is_final(error) or due >= email.expires
    OutgoingEmail.objects.filter(pk=email.pk, status=OutgoingEmail.Status.WAITING).update(
        status=OutgoingEmail.Status.UNDELIVERABLE if is_over else OutgoingEmail.Status.WAITING,
        problem=_described(error),
        due=due,
    )
    # The class only: an SMTP error's text carries addresses, which have no place in a log.
    name = type(error).__name__
    if is_over:
        email_given_up.send_robust(OutgoingEmail, emails=[email.pk])
        logger.error("e-mail %s is undeliverable after %s attempts: %s", email.pk, email.attempts, name)
    else:
        logger.warning("e-mail %s waits, attempt %s: %s", email.pk, email.attempts, name)


def is_final(error: Exception) -> bool:
    """Whether another attempt would end the same: recipient or text are refused for good or are not valid.

    What the server thinks of the site (its address, its password) is not final: operators can
    correct it.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    if isinstance(error, AddressNotUsable):
        return True
    # Some errors of TLS are both a ValueError and an OSError, and may pass.
    return isinstance(error, ValueError | TypeError) and not isinstance(error, OSError)


def _next_attempt(email: OutgoingEmail, now: datetime) -> datetime:
    """Doubling waits; the last attempt is just before the e-mail's time ends."""
    longest = (email.expires - email.created) * LONGEST_WAIT
    due = now + min(FIRST_WAIT * 2 ** min(email.attempts - 1, 16), longest)
    last = email.expires - email.LEASE
    return last if now < last < due else due


def _described(error: Exception) -> str:
    """For staff: what failed and what the mail server said, without addresses."""
    said = error.message if isinstance(error, AddressNotUsable) else str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = "; ".join(f"{code} {_text(words)}" for code, words in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
    return one_line(f"{type(error).__name__}: {masked(said)}").replace("\0", "")[:300]


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


# --- What was lost on the way -------------------------------------------------------------------------------
def sweep() -> int:
    """Wake workers for e-mails that are due; returns for how many. Ends those past their time."""
    now = timezone.now()
    undeliverable = OutgoingEmail.Status.UNDELIVERABLE
    with transaction.atomic():
        expired = OutgoingEmail.objects.expired(now)
        expired.filter(problem="").update(problem="No worker tried to send it in time.")
        keys = list(expired.values_list("pk", flat=True))
        ended = expired.update(status=undeliverable)
        OutgoingEmail.objects.outdated(now).delete()
        waiting = list(OutgoingEmail.objects.overdue(now).values_list("pk", flat=True)[:SWEEP_BATCH])
        for pk in waiting:
            enqueue_on_commit("core.tasks.send_email", pk)
    if ended:
        email_given_up.send_robust(OutgoingEmail, emails=keys)
        logger.error("%s e-mails are undeliverable: no worker took them in time", ended)
    return len(waiting)


def try_again(emails: OutgoingEmailQuerySet) -> int:
    """Send undeliverable e-mails after all: each has as much time as it had at first. Returns how many."""
    now = timezone.now()
    with transaction.atomic():
        chosen = list(emails.filter(status=OutgoingEmail.Status.UNDELIVERABLE).select_for_update())
        for email in chosen:
            email.status, email.attempts, email.due = OutgoingEmail.Status.WAITING, 0, now
            email.created, email.expires = now, now + (email.expires - email.created)
            email.save(update_fields=["status", "attempts", "due", "created", "expires"])
            enqueue_on_commit("core.tasks.send_email", email.pk)
    return len(chosen)
