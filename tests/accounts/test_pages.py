"""Every page of accounts that can be reached is one of ours: one h1, nothing inline, no template of allauth's."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import pytest
from django.http import HttpResponse
from django.template.loader import get_template
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import User

PAGES_OF_GUESTS = [
    "account_login",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
]
PAGES_OF_USERS = [
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reauthenticate",
    "account_email_verification_sent",
    "accounts:me",
    "accounts:delete",
]
WITH_KEYS = {"account_confirm_email", "account_reset_password_from_key"}
ELSEWHERE = {"account_set_password", "account_confirm_login_code"}
"""The first is for accounts without a password and has a test of its own; the second is off and redirects."""


def check(page: HttpResponse) -> None:
    """A page of ours."""
    assert page.status_code == 200
    html = page.content.decode()
    assert html.count("<h1") == 1
    assert 'class="site-header"' in html
    assert 'id="main"' in html
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|placeholder=", html)
    templates = {template.origin.name for template in page.templates if template.origin and template.name}
    assert not any("/allauth/" in name for name in templates), templates
    for control in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        if 'type="hidden"' in control or "name=" not in control:
            continue
        identifier = re.search(r'\sid="([^"]+)"', control)
        assert identifier, control
        assert f'for="{identifier[1]}"' in html, control


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES_OF_GUESTS)
def test_page_of_guests_is_ours(client: Client, name: str) -> None:
    check(client.get(reverse(name)))


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES_OF_USERS)
def test_page_of_users_is_ours(signed_in: Client, name: str) -> None:
    check(signed_in.get(reverse(name)))


@pytest.mark.django_db
def test_pages_behind_mailed_links_are_ours(client: Client, user: User) -> None:
    check(client.get(reverse("account_confirm_email", args=["MQ:x"])))
    check(client.get(reverse("account_reset_password_from_key", args=["1", "x-y"])))


@pytest.mark.django_db
def test_page_of_a_first_password_is_ours(client: Client, user: User) -> None:
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    check(client.get(reverse("account_set_password")))


@pytest.mark.django_db
def test_page_of_a_form_with_errors_is_ours(client: Client) -> None:
    check(client.post(reverse("account_signup"), {"email": "nonsense", "password1": "x"}))


def test_no_address_of_allauth_is_forgotten_here() -> None:
    """An upgrade that adds a page has to be reviewed."""
    patterns = {
        name for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith("account_")
    }
    assert (
        patterns == set(PAGES_OF_GUESTS) | {n for n in PAGES_OF_USERS if ":" not in n} | WITH_KEYS | ELSEWHERE
    )


def test_every_mail_that_can_be_sent_is_ours() -> None:
    """allauth has a text for each mail, too; what is not replaced would go out in its words."""
    off = {"login_code", "password_reset_code", "base"}
    theirs = Path(allauth.__file__).parent / "templates" / "account" / "email"
    names = {file.name for file in theirs.glob("*_message.txt")} | {
        f.name for f in theirs.glob("*_subject.txt")
    }
    wanted = {name for name in names if name.rpartition("_")[0] not in off and "email_confirm_" not in name}
    assert len(wanted) > 15
    for name in wanted:
        assert "/allauth/" not in get_template(f"account/email/{name}").origin.name, name
