"""A walk through the site, with everything that goes wrong on it: no log line names a person, a file or a key."""

from __future__ import annotations

import io
import logging
import re
import smtplib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from classifier.answers import engine
from classifier.models import Identification, ModelVersion
from classifier.tasks import identify
from core import logs, mail
from core.models import OutgoingEmail
from dealers.models import Dealer, Enquiry
from dealers.spam import form_token
from dealers.tasks import send_enquiry_mails
from tests.carsite.admin_rows import fill
from tests.classifier.photos import encoded
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the site's own handlers would write, in production's form."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logs.JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


class Failing:
    """A model that trips over what it is given, and says so at length."""

    batch = 1

    def predict_many(self, sources: Any, *, batch: int) -> Any:
        raise RuntimeError("ada-secret@example.org sent what can't be read")


def walk(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that a visitor may do, done well and badly; returns what must not be told."""
    email, name = "ada-secret@example.org", "Ada Lovelace-King"
    client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD})
    client.post(reverse("account_login"), {"login": email, "password": "a wrong passphrase"})
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    client.post(reverse("accounts:profile"), {"name": name})
    token = _token(client)
    client.get("/api/v1/me/", headers={"authorization": f"Token {token}"})
    client.get("/api/v1/me/", headers={"authorization": f"Token {token[:-1]}x"})
    for data in (encoded(), b"not a photo at all"):
        client.post("/identify/", {"photos": SimpleUploadedFile("our-wedding-day.jpg", data, "image/jpeg")})
    _failing_tasks(monkeypatch)
    words = "We sold grandmother's piano for it."
    _enquire(client, email, name, words)
    reset = _reset(client, email)
    client.get(f"/nowhere/?email={email}")
    client.get(f"/cars/?q={email}&near=a-place-of-mine", headers={"host": "evil.example"})
    logging.getLogger("urllib3").warning(
        "Retrying: %s", f"/photo.jpg?X-Amz-Signature=a-key-of-mine&to={email}"
    )
    client.get(reverse("dealers:enquiry", args=[Enquiry.objects.latest("created").pk]) + "?key=a-key-of-mine")
    return [
        email,
        name,
        token,
        "our-wedding-day",
        words,
        reset,
        PASSWORD,
        "a wrong passphrase",
        "a-key-of-mine",
        "a-place-of-mine",
        client.session.session_key or "?",
    ]


def _token(client: Client) -> str:
    asked = client.post(reverse("accounts:token_create"), {"name": "program"})
    page = client.post(asked.url, {"password": PASSWORD}).text
    found = re.search(r'id="new-token" value="(\w+)"', page)
    assert found
    return found[1]


def _failing_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    version = ModelVersion.objects.latest("pk")
    monkeypatch.setattr(
        engine, "current", lambda: SimpleNamespace(predictor=Failing(), version_id=version.pk)
    )
    row = Identification.objects.latest("created")
    with pytest.raises(RuntimeError) as failed:
        identify(str(row.pk))
    # As Celery writes of a task that failed.
    logging.getLogger("celery.app.trace").error(
        "Task %s raised unexpected: %r", "identify", failed.value, exc_info=failed.value
    )

    def refuse(*args: object, **kwargs: object) -> None:
        raise smtplib.SMTPRecipientsRefused(
            {"ada-secret@example.org": (550, b"no such ada-secret@example.org")}
        )

    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", refuse)
    for email in OutgoingEmail.objects.all():
        assert not mail.send(email_id=email.pk)


def _enquire(client: Client, email: str, name: str, words: str) -> None:
    dealer = Dealer.objects.get()
    form = {
        "name": name,
        "email": email,
        "message": words,
        "consent": "on",
        "homepage": "",
        "token": form_token(),
    }
    client.post(reverse("dealers:enquire", args=[dealer.slug]), form)
    enquiry = Enquiry.objects.latest("created")
    assert enquiry.message == words
    send_enquiry_mails(str(enquiry.pk))
    enquiry.refresh_from_db()
    assert enquiry.dealer_mailed is None


def _reset(client: Client, email: str) -> str:
    client.post(reverse("account_reset_password"), {"email": email})
    email_sent = OutgoingEmail.objects.filter(body__contains="/password/reset/key/").latest("pk")
    found = re.search(r"/password/reset/key/([\w-]+)/", email_sent.body)
    assert found
    Client().get(found[0].join(["/accounts", ""]), follow=True)
    return found[1].partition("-")[2]


def test_no_line_names_a_person_a_file_or_a_key(
    client: Client, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(1)
    secrets = walk(client, monkeypatch)
    assert User.objects.filter(email=secrets[0], name=secrets[1]).exists()
    text = lines.getvalue()
    assert text.count("\n") > 15, "nothing was logged, so nothing is shown"
    assert "RuntimeError" in text
    assert "e-mail" in text
    told = [secret for secret in secrets if secret.lower() in text.lower()]
    assert told == []
    assert "\\xff\\xd8" not in text
    assert "JFIF" not in text
