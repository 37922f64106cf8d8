"""Mails that leave later: once, however often tried; never lost to a server that is away; never in a page's way."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services, tasks
from accounts.models import Letter, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter() -> Letter:
    return services.letter_queue(to="ada@example.org", subject="A subject", body="A body\n")


@pytest.fixture
def no_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: EmailMessage, **_: Any) -> int:
        raise smtplib.SMTPServerDisconnected("ada@example.org is not for the log")

    monkeypatch.setattr(EmailMessage, "send", refuse)


def test_letter_leaves_once(letter: Letter) -> None:
    tasks.send_letter(letter.pk)
    tasks.send_letter(letter.pk)
    assert [(m.to, m.subject, m.body) for m in mail.outbox] == [
        (["ada@example.org"], "A subject", "A body\n")
    ]
    assert not Letter.objects.exists()


def test_letter_that_somebody_is_sending_is_left_alone(letter: Letter) -> None:
    Letter.objects.update(due=timezone.now() + timedelta(seconds=60))
    assert services.letter_send(letter_id=letter.pk) is False
    assert not mail.outbox
    assert Letter.objects.exists()


def test_letter_waits_for_a_mail_server_that_is_away(
    letter: Letter, no_mail_server: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert services.letter_send(letter_id=letter.pk) is False
    letter.refresh_from_db()
    assert letter.attempts == 1
    assert letter.due > timezone.now()
    assert "SMTPServerDisconnected" in caplog.text
    assert "ada@example.org" not in caplog.text


def test_sweeper_rings_for_what_is_due_and_drops_what_is_too_old(
    letter: Letter, django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    rung = []
    monkeypatch.setattr(tasks.send_letter, "delay", rung.append)
    old = services.letter_queue(to="b@example.org", subject="old", body="")
    Letter.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(minutes=61))
    claimed = services.letter_queue(to="c@example.org", subject="claimed", body="")
    Letter.objects.filter(pk=claimed.pk).update(due=timezone.now() + timedelta(seconds=60))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep_letters()
    assert rung == [letter.pk]
    assert set(Letter.objects.values_list("pk", flat=True)) == {letter.pk, claimed.pk}


@pytest.mark.django_db(transaction=True)
def test_sign_up_and_reset_answer_as_ever_with_the_broker_away(client: Client, monkeypatch: Any) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.send_letter, "delay", refuse)
    response = client.post(reverse("account_signup"), {"email": "new@example.org", "password1": PASSWORD})
    assert response.status_code == 302
    assert client.post(reverse("account_reset_password"), {"email": "new@example.org"}).status_code == 302
    assert User.objects.count() == 1
    assert Letter.objects.count() == 2, "both wait for the sweeper"


@pytest.mark.django_db(transaction=True)
def test_task_is_told_an_id_and_nothing_else(client: Client, monkeypatch: Any) -> None:
    told = []
    monkeypatch.setattr(tasks.send_letter, "delay", lambda *args, **kwargs: told.append((args, kwargs)))
    client.post(reverse("account_reset_password"), {"email": "new@example.org"})
    assert told == [((Letter.objects.get().pk,), {})]


def test_no_page_sends_a_mail_itself(client: Client, user: Any, no_mail_server: None) -> None:
    assert client.post(reverse("account_reset_password"), {"email": user.email}).status_code == 302
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("name", ["letter", "account_deleted_message"])
def test_letters_are_not_escaped_like_pages(name: str, client: Client, user: Any, settings: Any) -> None:
    from django.template.loader import render_to_string

    body = render_to_string(f"account/email/{name}.txt", {"site_url": "https://cars.example.org/?a=1&b=2"})
    assert "&amp;" not in body
    assert "Hello," in body
