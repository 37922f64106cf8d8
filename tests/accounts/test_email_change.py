"""Changing the address: the old one stays until the new one is confirmed, and no one can take another user's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import OutgoingEmail
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def change(client: Client, email: str) -> HttpResponse:
    """POST the form that changes the address, and the password if it asks for that."""
    asked = client.post(reverse("account_email"), {"email": email, "action_add": ""})
    again = asked.url.startswith(reverse("account_reauthenticate"))
    return client.post(asked.url, {"password": PASSWORD}) if again else asked


def test_old_address_stays_until_the_new_one_is_confirmed(
    signed_in: Client, confirmed_user: User, link: Callable[[OutgoingEmail], str]
) -> None:
    change(signed_in, "ada@new.example")
    confirmed_user.refresh_from_db()
    assert confirmed_user.email == "ada@example.org"
    email, heard = (
        OutgoingEmail.objects.get(to="ada@new.example"),
        OutgoingEmail.objects.get(to="ada@example.org"),
    )
    assert "ada@new.example" in heard.body, "the old address hears of it at once"
    assert signed_in.post(link(email)).url == reverse("accounts:me")
    confirmed_user.refresh_from_db()
    assert confirmed_user.email == "ada@new.example"
    assert [a.email for a in EmailAddress.objects.filter(user=confirmed_user)] == ["ada@new.example"]
    notice = OutgoingEmail.objects.order_by("pk").last()
    assert notice.to == "ada@example.org", "the old address hears of it"
    assert Client().login(email="ada@new.example", password=PASSWORD)


def test_unconfirmed_account_keeps_its_address_while_it_changes(
    client: Client, user: User, link: Callable[[OutgoingEmail], str]
) -> None:
    client.force_login(user)
    client.get(reverse("account_email"))  # allauth now has a row for the address
    EmailAddress.objects.filter(user=user).update(primary=True)
    change(client, "first@new.example")
    change(client, "second@new.example")
    user.refresh_from_db()
    assert user.email == "ada@example.org"
    addresses = set(EmailAddress.objects.filter(user=user).values_list("email", flat=True))
    assert addresses == {"ada@example.org", "second@new.example"}
    email = OutgoingEmail.objects.get(to="second@new.example")
    client.post(link(email))
    user.refresh_from_db()
    assert user.email == "second@new.example"


def test_page_does_not_say_that_an_address_is_another_users(signed_in: Client, other_user: User) -> None:
    known, unknown = change(signed_in, other_user.email), change(signed_in, "nobody@example.org")
    assert (
        (known.status_code, known.url)
        == (unknown.status_code, unknown.url)
        == (302, reverse("account_email"))
    )


def test_address_of_another_account_can_not_be_confirmed(
    signed_in: Client, confirmed_user: User, other_user: User, link: Callable[[OutgoingEmail], str]
) -> None:
    change(signed_in, other_user.email)
    response = signed_in.post(link(OutgoingEmail.objects.get(to=other_user.email)), follow=True)
    assert "another account" in response.content.decode()
    confirmed_user.refresh_from_db()
    assert confirmed_user.email == "ada@example.org"


def test_pending_change_keeps_no_one_from_signing_up_with_that_address(
    signed_in: Client, link: Callable[[OutgoingEmail], str]
) -> None:
    change(signed_in, "victim@example.org")
    OutgoingEmail.objects.all().delete()
    from django.core.cache import cache

    cache.clear()  # allauth mails one confirmation in three minutes to an address
    Client().post(reverse("account_signup"), {"email": "victim@example.org", "password1": PASSWORD})
    assert "welcome" in OutgoingEmail.objects.get().body


def test_link_can_be_sent_again_but_not_every_second(client: Client, user: User) -> None:
    client.force_login(user)
    for _ in range(2):
        client.post(reverse("account_email"), {"email": user.email, "action_send": ""})
    assert OutgoingEmail.objects.filter(to=user.email).count() == 1


def test_no_one_else_can_ask_for_it(client: Client, user: User, other_user: User) -> None:
    client.force_login(other_user)
    client.post(reverse("account_email"), {"email": user.email, "action_send": ""})
    assert not OutgoingEmail.objects.filter(to=user.email).exists()


def test_change_can_be_called_off(signed_in: Client, confirmed_user: User) -> None:
    change(signed_in, "ada@new.example")
    signed_in.post(reverse("account_email"), {"email": "ada@new.example", "action_remove": ""})
    assert [a.email for a in EmailAddress.objects.filter(user=confirmed_user)] == [confirmed_user.email]
    confirmed_user.refresh_from_db()
    assert confirmed_user.email == "ada@example.org"


def test_address_one_signs_in_with_can_not_be_taken_away(signed_in: Client, confirmed_user: User) -> None:
    response = signed_in.post(
        reverse("account_email"), {"email": confirmed_user.email, "action_remove": ""}, follow=True
    )
    assert "removed" in response.content.decode()
    assert EmailAddress.objects.filter(user=confirmed_user, email=confirmed_user.email).exists()
