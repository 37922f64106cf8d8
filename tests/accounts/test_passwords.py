"""Setting passwords anew and changing them: links that work once, sessions and tokens that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.models import ApiToken, User
from core.models import OutgoingEmail
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "quite another password"


def ask(client: Client, email: str) -> HttpResponse:
    """POST the form of a forgotten password."""
    return client.post(reverse("account_reset_password"), {"email": email})


def follow(client: Client, path: str, password: str = NEW) -> HttpResponse:
    """Open the mailed link and fill in the form it leads to."""
    form = client.get(path)
    assert form.status_code == 302, form.content.decode()
    return client.post(form.url, {"password1": password})


def test_forgotten_password_is_answered_the_same_for_any_address(user: User) -> None:
    known, unknown = ask(Client(), user.email), ask(Client(), "nobody@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert sorted(known.headers) == sorted(unknown.headers)
    emails = {email.to: email for email in OutgoingEmail.objects.all()}
    assert set(emails) == {user.email, "nobody@example.org"}
    assert "/password/reset/key/" in emails[user.email].body
    assert "/password/reset/key/" not in emails["nobody@example.org"].body


def test_mailed_link_sets_the_password_once(
    client: Client, user: User, link: Callable[[OutgoingEmail], str]
) -> None:
    ask(client, user.email)
    path = link(OutgoingEmail.objects.get())
    response = follow(client, path)
    assert response.url == reverse("account_reset_password_from_key_done")
    user.refresh_from_db()
    assert user.check_password(NEW)
    again = Client().get(path)
    assert again.status_code == 200
    assert "no longer works" in again.content.decode()


def test_address_of_the_form_has_no_key_that_a_referrer_could_leak(
    client: Client, user: User, link: Callable[[OutgoingEmail], str]
) -> None:
    ask(client, user.email)
    path = link(OutgoingEmail.objects.get())
    assert client.get(path).url.endswith("-set-password/")


def test_mailed_link_dies_after_an_hour(
    client: Client, user: User, link: Callable[[OutgoingEmail], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.tokens import PasswordResetTokenGenerator

    ask(client, user.email)
    path = link(OutgoingEmail.objects.get())
    now = PasswordResetTokenGenerator._now

    def later(seconds: int) -> None:
        monkeypatch.setattr(
            PasswordResetTokenGenerator, "_now", lambda self: now(self) + timedelta(seconds=seconds)
        )

    later(3500)
    assert Client().get(path).status_code == 302
    later(3700)
    assert "no longer works" in Client().get(path).content.decode()


def test_mailed_link_dies_when_the_address_changes(
    client: Client, user: User, link: Callable[[OutgoingEmail], str]
) -> None:
    ask(client, user.email)
    path = link(OutgoingEmail.objects.get())
    user.email = "ada@elsewhere.example"
    user.save()
    EmailAddress.objects.filter(user=user).delete()
    assert "no longer works" in client.get(path).content.decode()


def test_setting_anew_ends_sessions_and_tokens_proves_the_address_and_signs_no_one_in(
    user: User, link: Callable[[OutgoingEmail], str]
) -> None:
    elsewhere, here = Client(), Client()
    elsewhere.force_login(user)
    services.token_create(user=user, name="of a thief")
    ask(here, user.email)
    follow(here, link(OutgoingEmail.objects.get()))
    assert elsewhere.get(reverse("accounts:me")).status_code == 302
    assert "_auth_user_id" not in here.session
    assert not ApiToken.objects.exists()
    assert EmailAddress.objects.get(user=user).verified
    notice = OutgoingEmail.objects.order_by("pk").last()
    assert "has been reset" in notice.subject
    assert notice.to == user.email


def test_asking_for_links_is_limited_per_account(client: Client, user: User) -> None:
    statuses = [ask(client, user.email).status_code for _ in range(4)]
    assert statuses == [302, 302, 302, 429]
    assert OutgoingEmail.objects.count() == 3
    assert ask(client, "other@example.org").status_code == 302
    assert (
        client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}).status_code == 302
    )


def test_page_of_too_many_links_says_an_hour(client: Client, user: User) -> None:
    for _ in range(4):
        response = ask(client, user.email)
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert "an hour" in response.content.decode()


def test_switched_off_account_gets_no_link(client: Client, user: User) -> None:
    user.is_active = False
    user.save()
    ask(client, user.email)
    assert "/password/reset/key/" not in OutgoingEmail.objects.get().body


def test_changing_keeps_this_session_and_ends_the_others(signed_in: Client, confirmed_user: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(confirmed_user)
    token, _ = services.token_create(user=confirmed_user, name="mine")
    data = {"oldpassword": PASSWORD, "password1": NEW}
    response = signed_in.post(reverse("account_change_password"), data)
    assert response.url == reverse("accounts:me")
    assert signed_in.get(reverse("accounts:me")).status_code == 200
    assert elsewhere.get(reverse("accounts:me")).status_code == 302
    assert not ApiToken.objects.filter(pk=token.pk).exists()
    assert "password" in OutgoingEmail.objects.get().subject


def test_changing_needs_the_old_password(signed_in: Client, confirmed_user: User) -> None:
    page = signed_in.post(reverse("account_change_password"), {"oldpassword": "wrong", "password1": NEW})
    assert "not your current password" in page.content.decode()
    confirmed_user.refresh_from_db()
    assert confirmed_user.check_password(PASSWORD)


def test_account_without_a_password_sets_its_first(client: Client, user: User) -> None:
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    assert client.get(reverse("account_change_password")).url == reverse("account_set_password")
    client.post(reverse("account_set_password"), {"password1": NEW})
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_notices_name_the_time_and_the_way_back(signed_in: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://cars.example.org"
    signed_in.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW})
    body = OutgoingEmail.objects.get().body
    assert str(timezone.localtime().year) in body
    assert "https://cars.example.org/accounts/password/reset/" in body
