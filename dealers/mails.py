"""The two letters of an enquiry: to the dealer, and its copy to the visitor. Composes them; `services` sends."""

from __future__ import annotations

from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from dealers.access import Door, link_to
from dealers.models import Enquiry


def to_dealer(enquiry: Enquiry) -> EmailMultiAlternatives:
    """What was asked, by whom, about which car; answering it writes to the visitor."""
    car = f" about the {enquiry.variant}" if enquiry.variant else ""
    return _letter(
        enquiry,
        "to_dealer",
        subject=f"{enquiry.name} asks{car}",
        to=formataddr((_line(enquiry.dealer.name), enquiry.dealer.email)),
        reply_to=formataddr((_line(enquiry.name), enquiry.email)),
        link=link_to(enquiry, Door.LEAD),
    )


def to_visitor(enquiry: Enquiry) -> EmailMultiAlternatives:
    """A copy of the letter; answering it writes to the dealer."""
    return _letter(
        enquiry,
        "to_visitor",
        subject=f"Your enquiry to {enquiry.dealer.name}",
        to=formataddr((_line(enquiry.name), enquiry.email)),
        reply_to=formataddr((_line(enquiry.dealer.name), enquiry.dealer.email)),
        link=link_to(enquiry, Door.SENDER),
    )


def _letter(enquiry: Enquiry, template: str, *, subject: str, to: str, reply_to: str, link: str) -> Any:
    context = {"enquiry": enquiry, "link": link, "site_url": settings.SITE_URL, "car_url": _car_url(enquiry)}
    mail = EmailMultiAlternatives(
        subject=_line(subject),
        body=render_to_string(f"dealers/mail/{template}.txt", context),
        to=[to],
        reply_to=[reply_to],
        # The same letter sent twice has the same Message-ID, so that mailboxes show one.
        headers={
            "Message-ID": f"<{enquiry.pk}.{template}@{urlsplit(settings.SITE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string(f"dealers/mail/{template}.html", context), "text/html")
    return mail


def _car_url(enquiry: Enquiry) -> str:
    return f"{settings.SITE_URL}{enquiry.variant.get_absolute_url()}" if enquiry.variant else ""


def _line(text: str) -> str:
    """One line: a header takes no more, and would turn away the whole letter."""
    return " ".join(text.split())
