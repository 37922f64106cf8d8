"""The two e-mails of an enquiry, one to the dealer and one to the visitor. `core.mail` sends them.

The visitor gets a copy where the address is surely theirs. Elsewhere it may be a stranger's, who must not get
what somebody typed: not the text, not the name. They get a short request to confirm it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from core import mail
from core.models import OutgoingEmail, OutgoingEmailQuerySet
from dealers.access import Door, link_to
from dealers.models import Enquiry

logger = logging.getLogger(__name__)

#: How long the e-mails of an enquiry are tried to be sent: 13 times, with waits from a minute to 6 hours.
LIFETIME = timedelta(hours=21)


def enquiry_mails_queue(*, enquiry: Enquiry) -> int:
    """Put what has not left of an enquiry's two e-mails into the outbox, written again; returns how many.

    They take the place of what is there already: the dealer's address may have changed since.
    """
    with transaction.atomic():
        current = Enquiry.objects.with_names().select_for_update(of=("self",)).get(pk=enquiry.pk)
        enquiry_mails_cancel(enquiries=[current])
        is_open = bool(current.email)  # of what is erased nothing is sent any more
        enquiry.mail_to_dealer = _to_dealer(current) if is_open and not current.dealer_mailed else None
        enquiry.mail_to_visitor = _to_visitor(current) if is_open and not current.visitor_mailed else None
        enquiry.save(update_fields=["mail_to_dealer", "mail_to_visitor"])
    return sum(email is not None for email in (enquiry.mail_to_dealer, enquiry.mail_to_visitor))


def enquiry_mails_send(*, enquiry_id: UUID) -> None:
    """Send at once what is due of an enquiry's e-mails."""
    for email in _in_outbox([enquiry_id]):
        mail.send(email_id=email.pk)


def enquiry_mails_cancel(*, enquiries: Iterable[Enquiry]) -> None:
    """Take what has not left of these enquiries' e-mails out of the outbox."""
    _in_outbox([enquiry.pk for enquiry in enquiries]).delete()


@transaction.atomic
def enquiry_mailed(*, email: OutgoingEmail) -> None:
    """Note at its enquiry, if it has one, that an e-mail has left."""
    now = timezone.now()
    Enquiry.objects.filter(mail_to_dealer=email).update(dealer_mailed=now)
    Enquiry.objects.filter(mail_to_visitor=email).update(visitor_mailed=now)


def enquiry_mails_given_up(*, emails: Iterable[int]) -> None:
    """Log the enquiries whose e-mails these are, without any names."""
    keys = list(emails)
    for receiver in ("dealer", "visitor"):
        for enquiry in Enquiry.objects.filter(**{f"mail_to_{receiver}__in": keys}).values_list(
            "pk", flat=True
        ):
            logger.error("the e-mail of enquiry %s to the %s is given up", enquiry, receiver)


def _in_outbox(enquiry_ids: list[UUID]) -> OutgoingEmailQuerySet:
    to_either = Q(enquiry_to_dealer__in=enquiry_ids) | Q(enquiry_to_visitor__in=enquiry_ids)
    return OutgoingEmail.objects.filter(to_either)


def _to_dealer(enquiry: Enquiry) -> OutgoingEmail:
    """What was asked, by whom, about which car; a reply goes to the visitor."""
    car = f" about the {enquiry.variant}" if enquiry.variant else ""
    dealer = enquiry.dealer
    return _queued(
        enquiry,
        "to_dealer",
        subject=f"{enquiry.name} asks{car}",
        to=(dealer.name, dealer.email),
        reply_to=(enquiry.name, enquiry.email),
        link=link_to(enquiry, Door.LEAD),
    )


def _to_visitor(enquiry: Enquiry) -> OutgoingEmail:
    """A copy of the enquiry, or a request to confirm the address; a reply goes to the dealer."""
    dealer = enquiry.dealer
    if not enquiry.email_confirmed:
        return _queued(
            enquiry,
            "to_confirm",
            subject=f"Your enquiry to {dealer.name}: please confirm your address",
            to=("", enquiry.email),
            reply_to=(dealer.name, dealer.email),
            link=link_to(enquiry, Door.SENDER),
        )
    return _queued(
        enquiry,
        "to_visitor",
        subject=f"Your enquiry to {dealer.name}",
        to=(enquiry.name, enquiry.email),
        reply_to=(dealer.name, dealer.email),
        link=link_to(enquiry, Door.SENDER),
    )


def _queued(
    enquiry: Enquiry,
    template: str,
    *,
    subject: str,
    to: tuple[str, str],
    reply_to: tuple[str, str],
    link: str,
) -> OutgoingEmail:
    context = {
        "enquiry": enquiry,
        "link": link,
        "site_url": settings.SITE_URL,
        "car_url": _car_url(enquiry),
        "country": enquiry.dealer.city.country,
    }
    (to_name, to_address), (reply_to_name, reply_to_address) = to, reply_to
    return mail.queue(
        purpose=OutgoingEmail.Purpose.ENQUIRY,
        to=to_address,
        to_name=to_name,
        reply_to=reply_to_address,
        reply_to_name=reply_to_name,
        subject=subject,
        body=render_to_string(f"dealers/mail/{template}.txt", context),
        html=render_to_string(f"dealers/mail/{template}.html", context),
        # Written again it has the same Message-ID, so that mailboxes show it once.
        headers={
            "Message-ID": f"<{enquiry.pk}.{template}@{mail.site_host()}>",
            "Auto-Submitted": "auto-generated",
        },
        lifetime=LIFETIME,
    )


def _car_url(enquiry: Enquiry) -> str:
    return f"{settings.SITE_URL}{enquiry.variant.get_absolute_url()}" if enquiry.variant else ""
