"""Signing up: the same answer for any address, a mail that says the rest, and photos that come along."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import forms
from accounts.models import User
from core.models import OutgoingEmail
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SIGNUP = {"email": "New@Example.org", "password1": PASSWORD}


def sign_up(client: Client, email: str = "new@example.org", **data: str) -> HttpResponse:
    """POST the sign-up form."""
    return client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD, **data})


def without_tokens(page: bytes, address: str) -> str:
    """A page without what differs from one request to the next."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.decode())
    return text.replace(address, "ADDRESS")


def test_sign_up_makes_an_account_and_writes_to_its_address(
    client: Client, link: Callable[[OutgoingEmail], str]
) -> None:
    response = sign_up(client, "New@Example.org")
    assert response.status_code == 302
    assert response.url == reverse("account_email_verification_sent")
    user = User.objects.get()
    assert user.email == "new@example.org"
    assert user.check_password(PASSWORD)
    email = OutgoingEmail.objects.get()
    assert email.to == "new@example.org"
    assert link(email).startswith("/accounts/confirm-email/")
    assert not EmailAddress.objects.get(user=user).verified


def test_answer_is_the_same_for_a_known_and_an_unknown_address(user: User) -> None:
    known, unknown = Client(), Client()
    answers = [sign_up(known, user.email), sign_up(unknown, "nobody@example.org")]
    assert [(a.status_code, a.url) for a in answers] == [
        (302, reverse("account_email_verification_sent"))
    ] * 2
    assert sorted(answers[0].headers) == sorted(answers[1].headers)
    pages = [known.get(answers[0].url).content, unknown.get(answers[1].url).content]
    assert without_tokens(pages[0], user.email) == without_tokens(pages[1], "nobody@example.org")
    assert "ADDRESS" in without_tokens(pages[0], user.email)


def test_owner_of_a_known_address_is_told_and_keeps_the_password(client: Client, user: User) -> None:
    client.post(reverse("account_signup"), {"email": user.email, "password1": "another good password"})
    email = OutgoingEmail.objects.get()
    assert email.to == user.email
    assert "already" in email.body
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert User.objects.count() == 1


def test_password_of_a_known_address_takes_as_long_to_handle(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    monkeypatch.setattr(forms, "make_password", hashed.append)
    sign_up(client, user.email)
    assert hashed == [PASSWORD]


def test_race_for_an_address_ends_like_a_known_one(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def saw_it_free(form: forms.SignupForm, value: str) -> str:
        form.account_already_exists = False
        return value

    monkeypatch.setattr(forms.SignupForm, "validate_unique_email", saw_it_free)
    response = sign_up(client, user.email)
    assert response.url == reverse("account_email_verification_sent")
    assert "already" in OutgoingEmail.objects.get().body
    assert User.objects.count() == 1


def test_one_can_sign_in_before_the_address_is_confirmed(client: Client) -> None:
    sign_up(client)
    response = client.post(reverse("account_login"), {"login": "new@example.org", "password": PASSWORD})
    assert response.url == reverse("classifier:home")
    page = client.get(reverse("accounts:me")).content.decode()
    assert "not confirmed" in page


def test_page_after_sign_up_offers_sign_in_with_the_address_and_next(client: Client) -> None:
    sign_up(client, next="/cars/")
    page = client.get(reverse("account_email_verification_sent")).content.decode()
    assert 'value="new@example.org"' in page
    assert 'name="next" value="/cars/"' in page


def test_link_in_the_mail_confirms_and_signs_in_where_one_signed_up(
    client: Client, link: Callable[[OutgoingEmail], str]
) -> None:
    sign_up(client, next="/cars/")
    path = link(OutgoingEmail.objects.get())
    assert not EmailAddress.objects.get().verified, "a mail scanner that follows links must not confirm"
    assert client.get(path).status_code == 200
    assert not EmailAddress.objects.get().verified
    response = client.post(path)
    assert EmailAddress.objects.get().verified
    assert response.url == "/cars/"
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


def test_link_in_the_mail_confirms_in_another_browser_without_signing_in(
    client: Client, link: Callable[[OutgoingEmail], str]
) -> None:
    sign_up(client)
    other = Client()
    response = other.post(link(OutgoingEmail.objects.get()))
    assert response.url == reverse("account_login")
    assert EmailAddress.objects.get().verified
    assert "_auth_user_id" not in other.session


def test_broken_confirmation_link_is_explained(client: Client) -> None:
    page = client.get(reverse("account_confirm_email", args=["MQ:nonsense"]))
    assert "no longer works" in page.content.decode()


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short7!", "at least 8"),
        ("password123", "too common"),
        ("new@example.org", "too similar"),
    ],
)
def test_weak_password_is_refused_with_its_reason(client: Client, password: str, words: str) -> None:
    page = client.post(reverse("account_signup"), {"email": "new@example.org", "password1": password})
    assert words in page.content.decode()
    assert not User.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_long_password_is_taken(client: Client) -> None:
    long = "a long line of words that nobody has thought of before, " * 3
    client.post(reverse("account_signup"), {"email": "new@example.org", "password1": long.strip()})
    assert User.objects.get().check_password(long.strip())


@pytest.mark.parametrize("email", ["nonsense", "a@b", "x" * 250 + "@example.org", ""])
def test_odd_address_is_refused_beside_its_field(client: Client, email: str) -> None:
    page = sign_up(client, email)
    assert page.status_code == 200
    assert "email" in page.context["form"].errors
    assert not User.objects.exists()


def test_host_header_never_gets_into_a_mail(
    client: Client, link: Callable[[OutgoingEmail], str], settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client.post(reverse("account_signup"), SIGNUP, headers={"host": "evil.example"})
    email = OutgoingEmail.objects.get()
    assert "evil.example" not in email.body
    assert link(email)


def test_sign_up_is_limited_per_address_of_the_client(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "2/h/ip"}
    statuses = [sign_up(client, f"new{number}@example.org").status_code for number in range(3)]
    assert statuses == [302, 302, 429]
    assert User.objects.count() == 2


def test_photos_key_of_a_guest_survives_sign_in(client: Client, user: User) -> None:
    session = client.session
    session["guest_key"] = "the-guests-key"
    session.save()
    before = client.session.session_key
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.session["guest_key"] == "the-guests-key"
    assert client.session.session_key != before
