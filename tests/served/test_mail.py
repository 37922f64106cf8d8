"""Mails leave by a real mail server, once; while it is away they wait."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage
from html import unescape

from django.db.models import Q
from django.utils import timezone

from core.models import OutgoingEmail
from dealers.models import Dealer, Enquiry
from tests.servers import Smtp
from tests.servers.site import ServedSite
from tests.services import Page, Visitor, wait_for


def ask(visitor: Visitor, words: str) -> Enquiry:
    """Send an enquiry by the form of the first dealer's page."""
    path = f"/dealers/{Dealer.objects.order_by('pk')[0].slug}/enquire/"
    token = re.search(r'name="token"[^>]*value="([^"]*)"', visitor.get(path).text)
    assert token
    fields = {
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "phone": "",
        "message": words,
        "consent": "on",
        "homepage": "",
        "token": unescape(token[1]),
    }
    page: Page = visitor.post(path, fields)
    assert page.status == 200
    return Enquiry.objects.get(message=words)


def is_mailed(enquiry: Enquiry) -> bool:
    enquiry.refresh_from_db()
    return bool(enquiry.dealer_mailed and enquiry.visitor_mailed)


def was_tried(enquiry: Enquiry) -> bool:
    """Whether the first attempt has failed, for both."""
    tried = OutgoingEmail.objects.filter(attempts__gt=0).exclude(problem="")
    return tried.filter(_of(enquiry)).count() == 2


def _of(enquiry: Enquiry) -> Q:
    return Q(enquiry_to_dealer=enquiry) | Q(enquiry_to_visitor=enquiry)


def receivers(messages: list[EmailMessage], words: str) -> list[tuple[bool, bool]]:
    """Of each e-mail, whether it went to the visitor and whether it has these words; the dealer's first.

    The visitor's address is not confirmed: they are asked to, and get no copy.
    """
    bodies = [(message["To"], message.get_body(("plain",))) for message in messages]
    return sorted(
        ("ada@example.org" in to, bool(body and words in body.get_content())) for to, body in bodies
    )


ONE_EACH = [(False, True), (True, False)]


def test_an_enquiry_reaches_dealer_and_visitor_once(site: ServedSite, visitor: Visitor, smtp: Smtp) -> None:
    before = len(smtp.messages)
    enquiry = ask(visitor, "Is the blue one still there?")
    wait_for(lambda: is_mailed(enquiry), what="the e-mails to leave")
    site.send_task("dealers.tasks.send_enquiry_mails", str(enquiry.pk))
    site.send_task("dealers.tasks.sweep_mails")
    wait_for(site.is_idle, what="the queue to drain")
    assert receivers(smtp.messages[before:], "Is the blue one still there?") == ONE_EACH


def test_e_mails_wait_while_the_mail_server_is_away(site: ServedSite, visitor: Visitor, smtp: Smtp) -> None:
    before = len(smtp.messages)
    smtp.stop()
    try:
        enquiry = ask(visitor, "May I drive it on Sunday?")
        wait_for(lambda: was_tried(enquiry), what="the first try to fail")
        wait_for(site.is_idle, what="the queue to drain")
        assert not is_mailed(enquiry)
    finally:
        smtp.start()
    assert len(smtp.messages) == before
    past = timezone.now() - timedelta(minutes=10)
    OutgoingEmail.objects.filter(_of(enquiry)).update(due=past)
    site.send_task("core.tasks.sweep_outbox")
    wait_for(lambda: is_mailed(enquiry), what="the e-mails to leave")
    assert receivers(smtp.messages[before:], "May I drive it on Sunday?") == ONE_EACH


def test_an_e_mail_about_an_account_waits_and_leaves_once(
    site: ServedSite, visitor: Visitor, smtp: Smtp
) -> None:
    before = len(smtp.messages)
    smtp.stop()
    try:
        page = visitor.post(
            "/accounts/signup/", {"email": "grace@example.org", "password1": "correct horse battery staple"}
        )
        assert page.status == 200
        tried = OutgoingEmail.objects.filter(to="grace@example.org").exclude(problem="")
        email = wait_for(tried.first)
        wait_for(site.is_idle, what="the queue to drain")
    finally:
        smtp.start()
    assert len(smtp.messages) == before
    OutgoingEmail.objects.filter(pk=email.pk).update(due=timezone.now() - timedelta(minutes=10))
    for _ in range(2):
        site.send_task("core.tasks.sweep_outbox")
        wait_for(lambda: not OutgoingEmail.objects.filter(pk=email.pk).exists(), what="the e-mail to leave")
        wait_for(site.is_idle, what="the queue to drain")
    assert [message["To"] for message in smtp.messages[before:]] == ["grace@example.org"]
