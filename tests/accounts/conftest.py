"""Rows of the outbox instead of mails: how they leave is another test's matter."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from core.models import OutgoingEmail
from tests.conftest import PASSWORD


@pytest.fixture
def link(settings: Settings) -> Callable[[OutgoingEmail], str]:
    """The path of the one link in an e-mail, which has to start with the site's own address."""
    settings.SITE_URL = "https://cars.example.org"

    def path_of(email: OutgoingEmail) -> str:
        addresses = [
            url for url in re.findall(r"https?://\S+", email.body) if url != "https://cars.example.org"
        ]
        assert len(addresses) == 1, email.body
        assert addresses[0].startswith("https://cars.example.org/"), addresses
        return addresses[0].removeprefix("https://cars.example.org")

    return path_of


@pytest.fixture
def confirmed_user(user: User) -> User:
    """A visitor whose address is confirmed."""
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def signed_in(client: Client, confirmed_user: User) -> Client:
    """A browser in which `confirmed_user` is signed in."""
    assert client.login(email=confirmed_user.email, password=PASSWORD)
    return client


@pytest.fixture
def proven(signed_in: Client) -> Client:
    """A browser in which `confirmed_user` has just given the password once more."""
    signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return signed_in
