"""The outbox for staff: why an e-mail has not left, and another attempt."""

from __future__ import annotations

import smtplib

import pytest
from django.core import mail as django_mail
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from core import mail
from core.models import OutgoingEmail
from tests.carsite.admin_rows import act

pytestmark = pytest.mark.django_db


@pytest.fixture
def undeliverable(monkeypatch: pytest.MonkeyPatch) -> OutgoingEmail:
    """An e-mail whose recipient the mail server has refused for good."""

    def refuse(*_: object, **__: object) -> int:
        raise smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no such user")})

    email = mail.queue(to="ada@example.org", subject="A subject", body="A secret link")
    with monkeypatch.context() as refusing:
        refusing.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        mail.send(email_id=email.pk)
    email.refresh_from_db()
    return email


def test_staff_see_why_an_e_mail_did_not_leave_and_not_what_it_says(
    admin_client: Client, undeliverable: OutgoingEmail
) -> None:
    for path in (
        reverse("admin:core_outgoingemail_changelist"),
        reverse("admin:core_outgoingemail_change", args=[undeliverable.pk]),
    ):
        page = admin_client.get(path).content.decode()
        assert "550 no such user" in page
        assert "A secret link" not in page


def test_staff_have_it_tried_again(
    admin_client: Client,
    undeliverable: OutgoingEmail,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    page = act(admin_client, "try_again", undeliverable).content.decode()
    assert "1 e-mail will be sent again." in page
    assert mail.send(email_id=undeliverable.pk)
    assert len(django_mail.outbox) == 1


def test_address_of_before_leads_to_the_outbox(admin_client: Client) -> None:
    response = admin_client.get("/admin/accounts/letter/?attempts__gt=0")
    assert response.url == reverse("admin:core_outgoingemail_changelist") + "?attempts__gt=0"
