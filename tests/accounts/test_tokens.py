"""API tokens: shown once, kept as a hash, seen and revoked by their owner only."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services, tasks
from accounts.models import ApiToken, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/tokens/"


def ask(client: Client, email: str, password: str = PASSWORD, **more: object) -> HttpResponse:
    """POST for a token."""
    data = {"email": email, "password": password, **more}
    return client.post(TOKENS, data, content_type="application/json")


def with_token(text: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"authorization": f"Token {text}"}


# --- On the account page ------------------------------------------------------------------------------------
def test_new_token_is_shown_once(proven: Client) -> None:
    page = proven.post(reverse("accounts:token_create"), {"name": "my program"})
    text = page.context["new_token_text"]
    assert text in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    again = proven.get(reverse("accounts:me")).content.decode()
    assert "my program" in again
    assert text not in again


def test_token_needs_a_name(proven: Client) -> None:
    assert proven.post(reverse("accounts:token_create"), {"name": " "}).status_code == 400
    assert not ApiToken.objects.exists()


def test_token_can_be_revoked_by_its_owner_only(
    signed_in: Client, confirmed_user: User, other_user: User
) -> None:
    mine, _ = services.token_create(user=confirmed_user, name="mine")
    theirs, _ = services.token_create(user=other_user, name="theirs")
    page = signed_in.get(reverse("accounts:me")).content.decode()
    assert "mine" in page
    assert "theirs" not in page
    assert signed_in.post(reverse("accounts:token_revoke", args=[theirs.public_id])).status_code == 404
    assert signed_in.post(reverse("accounts:token_revoke", args=[mine.public_id])).status_code == 302
    assert list(ApiToken.objects.all()) == [theirs]


def test_one_account_has_a_limited_number_of_tokens(
    proven: Client, confirmed_user: User, other_user: User
) -> None:
    for number in range(services.MAX_TOKENS):
        services.token_create(user=confirmed_user, name=str(number))
    response = proven.post(reverse("accounts:token_create"), {"name": "one more"})
    assert response.status_code == 409
    assert "Revoke one" in response.content.decode()
    assert ApiToken.objects.filter(user=confirmed_user).count() == services.MAX_TOKENS
    services.token_create(user=other_user, name="of somebody else")


def test_unlocked_phone_alone_makes_no_token(signed_in: Client) -> None:
    asked = signed_in.post(reverse("accounts:token_create"), {"name": "mine"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert not ApiToken.objects.exists()
    page = signed_in.post(asked.url, {"password": PASSWORD})
    assert page.context["new_token_text"] in page.content.decode(), "what was asked for goes on"


# --- How they end -------------------------------------------------------------------------------------------
def test_token_ends_after_a_year_and_says_when(client: Client, user: User) -> None:
    made = ask(client, user.email).json()
    assert datetime.fromisoformat(made["expires"]) - timezone.now() > timedelta(days=364)
    headers = with_token(made["token"])
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    refused = client.get("/api/v1/me/", headers=headers)
    assert refused.status_code == 401
    assert "ended" in refused.json()["message"]


def test_page_says_when_a_token_ends_and_shows_none_that_has(signed_in: Client, confirmed_user: User) -> None:
    services.token_create(user=confirmed_user, name="mine")
    gone, _ = services.token_create(user=confirmed_user, name="long ago")
    ApiToken.objects.filter(pk=gone.pk).update(expiry=timezone.now() - timedelta(days=1))
    page = signed_in.get(reverse("accounts:me")).content.decode()
    assert str(timezone.now().year + 1) in page
    assert "long ago" not in page
    tasks.clear_sessions()
    assert [token.name for token in ApiToken.objects.all()] == ["mine"]


# --- Through the API ----------------------------------------------------------------------------------------
def test_password_gets_a_token_that_signs_in(client: Client, user: User) -> None:
    response = ask(client, "ADA@example.org", name="my program")
    assert response.status_code == 201
    assert set(response.json()) == {"id", "name", "created", "expires", "token"}
    assert "no-store" in response["Cache-Control"]
    me = client.get("/api/v1/me/", headers=with_token(response.json()["token"]))
    assert me.json()["email"] == user.email
    assert me.json()["email_confirmed"] is False
    assert set(me.json()) == {"email", "name", "email_confirmed", "date_joined"}


def test_database_holds_no_text_of_a_token(user: User) -> None:
    _, text = services.token_create(user=user, name="my program")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        row = cursor.fetchone()
    assert "my program" in row
    assert not any(text in str(value) for value in row)


def test_wrong_password_and_unknown_address_get_the_same_answer(client: Client, user: User) -> None:
    answers = [ask(client, user.email, "wrong"), ask(client, "nobody@example.org", "wrong")]
    assert answers[0].status_code == answers[1].status_code == 400
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["code"] == "wrong_credentials"
    assert not ApiToken.objects.exists()


def test_switched_off_account_gets_no_token_and_its_tokens_stop(client: Client, user: User) -> None:
    _, text = services.token_create(user=user, name="my program")
    user.is_active = False
    user.save()
    assert ask(client, user.email).json()["code"] == "wrong_credentials"
    assert client.get("/api/v1/me/", headers=with_token(text)).status_code == 401


def test_guessing_is_limited_together_with_the_sign_in_page(client: Client, user: User) -> None:
    for _ in range(3):
        client.post(reverse("account_login"), {"login": user.email, "password": "wrong"})
    statuses = [ask(client, user.email, "wrong").status_code for _ in range(3)]
    assert statuses == [400, 400, 429]
    response = ask(client, user.email)
    assert response.status_code == 429
    assert response.json()["code"] == "throttled"
    assert 50 < int(response["Retry-After"]) <= 60


def test_asking_for_tokens_is_throttled_whatever_the_address(client: Client, db: None) -> None:
    statuses = [ask(client, f"nobody{number}@example.org").status_code for number in range(11)]
    assert statuses == [400] * 10 + [429]


def test_reading_tokens_is_not_throttled_like_that(client: Client, user: User) -> None:
    _, text = services.token_create(user=user, name="my program")
    statuses = {client.get(TOKENS, headers=with_token(text)).status_code for _ in range(15)}
    assert statuses == {200}


def test_session_beside_the_password_neither_helps_nor_hinders(signed_in: Client, other_user: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    response = ask(strict, other_user.email)
    assert response.status_code == 201
    assert ApiToken.objects.get().user == other_user
    assert ask(strict, other_user.email, "wrong").status_code == 400


@pytest.mark.parametrize(
    "data", [{}, {"email": "x"}, {"email": "a@b.example"}, {"email": [], "password": {}}]
)
def test_missing_or_odd_data_are_named(client: Client, data: dict, db: None) -> None:
    response = client.post(TOKENS, data, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert response.json()["fields"]


def test_list_has_ones_own_tokens_only(client: Client, user: User, other_user: User) -> None:
    mine, text = services.token_create(user=user, name="mine")
    theirs, _ = services.token_create(user=other_user, name="theirs")
    rows = client.get(TOKENS, headers=with_token(text)).json()["results"]
    assert [row["name"] for row in rows] == ["mine"]
    assert set(rows[0]) == {"id", "name", "created", "expires"}
    assert client.get(f"{TOKENS}{mine.public_id}/", headers=with_token(text)).json()["name"] == "mine"
    for method in (client.get, client.delete):
        assert method(f"{TOKENS}{theirs.public_id}/", headers=with_token(text)).status_code == 404
        assert method(f"{TOKENS}{uuid4()}/", headers=with_token(text)).status_code == 404
    assert ApiToken.objects.filter(pk=theirs.pk).exists()


def test_revoked_token_is_refused(client: Client, user: User) -> None:
    mine, text = services.token_create(user=user, name="mine")
    assert client.get("/api/v1/me/", headers=with_token(text)).status_code == 200
    assert client.delete(f"{TOKENS}{mine.public_id}/", headers=with_token(text)).status_code == 204
    refused = client.get("/api/v1/me/", headers=with_token(text))
    assert refused.status_code == 401
    assert set(refused.json()) == {"code", "message", "fields"}


@pytest.mark.parametrize("header", ["Token", "Token nonsense", "Token a b", "Token " + "f" * 64])
def test_odd_headers_are_refused(client: Client, header: str, db: None) -> None:
    assert client.get("/api/v1/me/", headers={"authorization": header}).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/me/", TOKENS])
def test_guest_is_refused(client: Client, path: str, db: None) -> None:
    response = client.get(path)
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


def test_session_works_too(signed_in: Client, confirmed_user: User) -> None:
    assert signed_in.get("/api/v1/me/").json()["email_confirmed"] is True
