"""Users are e-mail addresses; the demonstration ones exist only where they are asked for."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_same_address_in_another_case_is_the_same_user(user: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email=user.email.upper())])


def test_user_without_a_name_is_called_by_the_address(user: User) -> None:
    assert (user.get_full_name(), user.get_short_name()) == ("", user.email)
    user.name = "Ada Lovelace"
    assert (user.get_full_name(), user.get_short_name()) == ("Ada Lovelace", "Ada Lovelace")


def test_superuser_is_made_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a good password")
    call_command("createsuperuser", email="Root@Example.org", interactive=False, verbosity=0)
    root = User.objects.get()
    assert (root.email, root.is_staff, root.is_superuser) == ("root@example.org", True, True)


def test_demo_users_are_made_once_and_can_sign_in(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEBUG = True
    call_command("create_demo_users")
    User.objects.filter(email="demo@carsite.example").update(name="Changed")
    call_command("create_demo_users")
    assert User.objects.count() == 3
    assert User.objects.get(email="demo@carsite.example").name == "Changed"
    assert list(User.objects.filter(is_superuser=True)) == [User.objects.get(email="staff@carsite.example")]
    assert EmailAddress.objects.filter(verified=True, primary=True).count() == 3
    assert capsys.readouterr().out.count("created") == 3
    response = Client().post(
        reverse("account_login"), {"login": "demo@carsite.example", "password": "demo-drive-2026"}
    )
    assert response.url == reverse("classifier:home")


def test_demo_users_are_refused_where_debug_is_off(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="superuser"):
        call_command("create_demo_users")
    assert not User.objects.exists()
    call_command("create_demo_users", yes=True, verbosity=0)
    assert User.objects.count() == 3
