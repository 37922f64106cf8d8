"""E-mails about accounts: never in a page's way, whatever is away, and not escaped like pages."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import tasks
from accounts.models import User
from core.models import OutgoingEmail
from core.tasks import send_email
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_sign_up_and_reset_answer_as_ever_with_the_broker_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(send_email, "delay", refuse)
    response = client.post(reverse("account_signup"), {"email": "new@example.org", "password1": PASSWORD})
    assert response.status_code == 302
    assert client.post(reverse("account_reset_password"), {"email": "new@example.org"}).status_code == 302
    assert User.objects.count() == 1
    assert OutgoingEmail.objects.count() == 2, "both wait for the sweeper"


@pytest.mark.django_db(transaction=True)
def test_task_is_told_an_id_and_nothing_else(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(send_email, "delay", lambda *args, **kwargs: told.append((args, kwargs)))
    client.post(reverse("account_reset_password"), {"email": "new@example.org"})
    assert told == [((OutgoingEmail.objects.get().pk,), {})]


def test_no_page_sends_a_mail_itself(client: Client, user: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "no.such.Backend"
    assert client.post(reverse("account_reset_password"), {"email": user.email}).status_code == 302
    assert OutgoingEmail.objects.get().purpose == "account"


def test_deleting_an_account_takes_its_unsent_e_mails_along(
    client: Client, user: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client.post(reverse("account_reset_password"), {"email": user.email})
    client.force_login(user)
    client.post(reverse("accounts:delete"), {"password": PASSWORD})
    assert "deleted" in OutgoingEmail.objects.get().subject


@pytest.mark.parametrize("name", ["_base", "account_deleted_message"])
def test_e_mails_are_not_escaped_like_pages(
    name: str, client: Client, user: User, settings: Settings
) -> None:
    from django.template.loader import render_to_string

    body = render_to_string(f"account/email/{name}.txt", {"site_url": "https://cars.example.org/?a=1&b=2"})
    assert "&amp;" not in body
    assert "Hello," in body


def test_messages_of_before_the_one_outbox_do_no_harm(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    told: list[int] = []
    monkeypatch.setattr(send_email, "delay", told.append)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.send_letter(4711)
        tasks.sweep_letters()
    assert told == []
