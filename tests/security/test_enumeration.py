"""Sign-up, sign-in, reset and the API never reveal whether an address has an account."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, User
from core import limits
from core.models import OutgoingEmail
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ASKED: dict[str, Callable[[Client, str], HttpResponse]] = {
    "sign-in": lambda client, email: client.post(
        reverse("account_login"), {"login": email, "password": "wrong one"}
    ),
    "sign-up": lambda client, email: client.post(
        reverse("account_signup"), {"email": email, "password1": PASSWORD}
    ),
    "reset": lambda client, email: client.post(reverse("account_reset_password"), {"email": email}),
    "token": lambda client, email: client.post(
        "/api/v1/tokens/", {"email": email, "password": "wrong one"}, content_type="application/json"
    ),
}
#: What each of them answers.
STATUSES = {"sign-in": 200, "sign-up": 302, "reset": 302, "token": 400}


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time a password is hashed, which is what takes long."""
    made: list[str] = []
    original = MD5PasswordHasher.encode

    def encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        made.append(password)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return made


def told(response: HttpResponse, email: str) -> tuple[int, dict[str, str], str]:
    """All that a client is told, but for what is random in it and the address that it sent itself."""
    body = re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", response.text).replace(email, "EMAIL")
    aside = ("x-request-id", "set-cookie", "expires", "content-length")
    headers = {name: value for name, value in response.headers.items() if name.lower() not in aside}
    return response.status_code, headers | {"cookies": ",".join(sorted(response.cookies))}, body


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("kind", ["known", "switched off"])
def test_known_and_unknown_addresses_get_the_same_answer_for_the_same_work(
    name: str, kind: str, user: User, hashings: list[str]
) -> None:
    if kind == "switched off":
        User.objects.filter(pk=user.pk).update(is_active=False)
    answers, work = [], []
    for email in (user.email, "abc@example.org"):
        cache.clear()
        limits.forget_all()
        hashings.clear()
        answers.append(told(ASKED[name](Client(), email), email))
        work.append(len(hashings))
    assert answers[0] == answers[1]
    assert answers[0][0] == STATUSES[name]
    assert work[0] == work[1]
    assert bool(work[0]) == (name != "reset"), "no password was hashed, or one that was never sent"


def test_the_page_after_each_is_the_same_too(user: User) -> None:
    for name, page in (
        ("sign-up", "account_email_verification_sent"),
        ("reset", "account_reset_password_done"),
    ):
        pages = []
        for email in (user.email, "abc@example.org"):
            client = Client()
            ASKED[name](client, email)
            pages.append(told(client.get(reverse(page)), email))
        assert pages[0] == pages[1]


def test_the_same_number_of_mails_is_written_for_every_address(user: User) -> None:
    for name in ("sign-up", "reset"):
        for email in (user.email, f"{name}@example.org"):
            OutgoingEmail.objects.all().delete()
            ASKED[name](Client(), email)
            assert [mail.to for mail in OutgoingEmail.objects.all()] == [email]


def test_an_account_that_is_locked_by_wrong_passwords_looks_like_one_that_is_not_there(user: User) -> None:
    answers = []
    for email in (user.email, "abc@example.org"):
        cache.clear()
        limits.forget_all()
        answers.append([ASKED["sign-in"](Client(), email).status_code for _ in range(7)])
    assert answers[0] == answers[1]
    assert 429 in answers[0]


# --- After a change -----------------------------------------------------------------------------------------
def test_a_changed_password_ends_api_tokens_and_says_so(client: Client, user: User) -> None:
    from accounts import services

    services.token_create(user=user, name="program")
    client.force_login(user)
    assert "API tokens end" in client.get(reverse("account_change_password")).text
    client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": "a wholly new one 7"}
    )
    assert ApiToken.objects.count() == 0


def test_what_is_not_asked_for_can_not_be_set(client: Client, user: User) -> None:
    client.force_login(user)
    more = {
        "is_staff": "1",
        "is_superuser": "1",
        "email": "x@example.org",
        "is_active": "0",
        "session_round": "7",
    }
    client.post(reverse("accounts:profile"), {"name": "Ada"} | more)
    guest = Client()
    guest.post(
        reverse("account_signup"),
        {"email": "new@example.org", "password1": PASSWORD} | more | {"email": "new@example.org"},
    )
    for one in User.objects.all():
        assert not (one.is_staff)
        assert not (one.is_superuser)
        assert one.is_active
        assert one.session_round == 0
    assert {one.email for one in User.objects.all()} == {user.email, "new@example.org"}
