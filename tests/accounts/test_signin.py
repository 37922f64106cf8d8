"""Signing in and out: one answer for every failure, limits that lock no one else out."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: object) -> HttpResponse:
    """POST the sign-in form."""
    headers = more.pop("headers", None)
    return client.post(
        reverse("account_login"), {"login": email, "password": password, **more}, headers=headers or {}
    )


def test_right_password_signs_in_whatever_the_case_of_the_address(client: Client, user: User) -> None:
    assert sign_in(client, "ADA@example.org").url == reverse("classifier:home")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_next_is_kept_from_the_link_to_the_end(client: Client, user: User) -> None:
    page = client.get(reverse("account_login"), {"next": "/cars/?q=audi"}).content.decode()
    assert 'name="next" value="/cars/?q=audi"' in page
    assert "/accounts/signup/?next=" in page
    assert sign_in(client, user.email, next="/cars/?q=audi").url == "/cars/?q=audi"


def test_next_never_leads_to_another_site(client: Client, user: User) -> None:
    assert sign_in(client, user.email, next="https://evil.example/").url == reverse("classifier:home")


def test_wrong_password_and_unknown_address_get_the_same_page(user: User) -> None:
    pages = []
    for email in (user.email, "nobody@example.org"):
        response = sign_in(Client(), email, "not the password")
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
        pages.append((response.status_code, text.replace(email, "ADDRESS")))
    assert pages[0] == pages[1]
    assert "don't match" in pages[0][1].replace("&#x27;", "'")


def test_sixth_wrong_password_in_a_minute_gets_a_page_that_says_when_to_come_back(
    client: Client, user: User
) -> None:
    statuses = [sign_in(client, user.email, "wrong").status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    response = sign_in(client, user.email)
    assert response.status_code == 429, "the right password must not shorten the wait"
    assert 50 < int(response["Retry-After"]) <= 60
    assert "a minute" in response.content.decode()


def test_wrong_passwords_of_one_address_lock_no_one_else_out(user: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    attacker, owner = {"x-forwarded-for": "203.0.113.1"}, {"x-forwarded-for": "198.51.100.2"}
    for _ in range(6):
        last = sign_in(Client(), user.email, "wrong", headers=attacker)
    assert last.status_code == 429
    assert sign_in(Client(), user.email, headers=owner).status_code == 302


def test_spoofed_forwarding_changes_nothing(user: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    statuses = [
        sign_in(
            Client(), user.email, "wrong", headers={"x-forwarded-for": f"192.0.2.{number}, 203.0.113.1"}
        ).status_code
        for number in range(6)
    ]
    assert statuses[-1] == 429


def test_forwarding_is_ignored_without_a_proxy_of_ours(user: User) -> None:
    statuses = [
        sign_in(Client(), user.email, "wrong", headers={"x-forwarded-for": f"192.0.2.{number}"}).status_code
        for number in range(6)
    ]
    assert statuses[-1] == 429


def test_switched_off_account_does_not_get_in(client: Client, user: User) -> None:
    user.is_active = False
    user.save()
    response = sign_in(client, user.email)
    assert response.url == reverse("account_inactive")
    assert "_auth_user_id" not in client.session
    assert "switched off" in client.get(response.url).content.decode()


def test_session_ends_with_the_browser_unless_asked_to_stay(user: User) -> None:
    short, long = Client(), Client()
    sign_in(short, user.email)
    sign_in(long, user.email, remember="on")
    assert short.session.get_expire_at_browser_close()
    assert not long.session.get_expire_at_browser_close()


def test_signing_out_asks_first_and_only_a_post_does_it(signed_in: Client) -> None:
    assert signed_in.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in signed_in.session
    assert signed_in.post(reverse("account_logout")).url == reverse("classifier:home")
    assert "_auth_user_id" not in signed_in.session


def test_page_says_when_exactly_the_next_try_is_taken(client: Client, user: User) -> None:
    for second in range(0, 50, 10):
        with time_machine.travel(f"2026-03-01T12:00:{second:02}Z", tick=False):
            assert sign_in(client, user.email, "wrong").status_code == 200
    with time_machine.travel("2026-03-01T12:00:45Z", tick=False):
        refused = sign_in(client, user.email)
        assert (refused.status_code, refused["Retry-After"]) == (429, "15")
    with time_machine.travel("2026-03-01T12:01:01Z", tick=False):
        assert sign_in(client, user.email).status_code == 302


def test_links_for_one_address_are_free_again_when_the_oldest_is_an_hour_old(client: Client) -> None:
    asked = {"email": "Ada@example.org"}
    for minute in (0, 10, 20):
        with time_machine.travel(f"2026-03-01T12:{minute:02}:00Z", tick=False):
            assert client.post(reverse("account_reset_password"), asked).status_code == 302
    with time_machine.travel("2026-03-01T12:30:00Z", tick=False):
        refused = client.post(reverse("account_reset_password"), asked)
    assert (refused.status_code, refused["Retry-After"]) == (429, "1800")
    assert "in 30 minutes" in refused.text
