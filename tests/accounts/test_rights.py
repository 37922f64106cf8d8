"""Nobody acts on an account with rights beyond their own: not in forms, not in bulk, not by what opens accounts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group, Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import ApiToken, User
from dealers.models import City, Dealer
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "quite another password"


@pytest.fixture
def helper(db: None) -> User:
    """Staff who may do everything with accounts and what opens them, and nothing else."""
    user = User.objects.create_user("helper@example.org", PASSWORD, is_staff=True)
    apps = ("accounts", "account", "mfa", "auth")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=apps))
    return user


@pytest.fixture
def browser(client: Client, helper: User) -> Client:
    client.force_login(helper)
    return client


# --- Whose rights are beyond those of the helper ------------------------------------------------------------
def superuser() -> User:
    """Who may do everything."""
    return User.objects.create_superuser("boss@example.org", PASSWORD)


def switched_off_superuser() -> User:
    """Switched on again they could do everything."""
    return User.objects.create_superuser("former@example.org", PASSWORD, is_active=False)


def with_a_right() -> User:
    """Staff with one right that the helper lacks."""
    user = User.objects.create_user("curator@example.org", PASSWORD, is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="curate_stagedcar"))
    return user


def switched_off_with_a_right() -> User:
    """Such a one, switched off."""
    user = with_a_right()
    user.is_active = False
    user.save()
    return user


def in_a_group() -> User:
    """A visitor with a right by a group, who could be made staff."""
    user = User.objects.create_user("keeper@example.org", PASSWORD)
    user.groups.add(Group.objects.get(name="Model keepers"))
    return user


def for_a_dealer() -> User:
    """Who reads what visitors asked a dealer."""
    user = User.objects.create_user("seller@example.org", PASSWORD)
    city = City.objects.create(name="Bonn", country="DE", latitude=50.7, longitude=7.1)
    place = {"city": city, "latitude": 50.7, "longitude": 7.1}
    Dealer.objects.create(name="Cars", slug="cars", email="cars@example.org", **place).staff.add(user)
    return user


BEYOND = [
    superuser,
    switched_off_superuser,
    with_a_right,
    switched_off_with_a_right,
    in_a_group,
    for_a_dealer,
]


def state(user: User) -> tuple[object, ...]:
    """What may not change."""
    user = User.objects.get(pk=user.pk)
    return (
        user.email,
        user.name,
        user.password,
        user.is_active,
        user.is_staff,
        user.is_superuser,
        user.session_round,
        ApiToken.objects.filter(user=user).count(),
        Authenticator.objects.filter(user=user).count(),
        EmailAddress.objects.filter(user=user).count(),
    )


def acts(browser: Client, user: User) -> list[HttpResponse]:
    """Everything that staff can do to an account."""
    token, factor = ApiToken.objects.get(user=user), Authenticator.objects.get(user=user)
    address = EmailAddress.objects.get(user=user)
    form = {
        "email": "helper2@example.org", "name": "X", "is_active": "on", "is_staff": "on", "is_superuser": "on",
        "emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0",
    }  # fmt: skip

    def post(name: str, row: object | None, data: dict) -> HttpResponse:
        args = [] if row is None else [row.pk]  # type: ignore[attr-defined]
        return browser.post(reverse(f"admin:{name}", args=args), data)

    def delete_many(name: str, row: object) -> HttpResponse:
        data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}  # type: ignore[attr-defined]
        return post(f"{name}_changelist", None, data)

    return [
        post("auth_user_password_change", user, {"password1": NEW, "password2": NEW, "usable_password": "true"}),
        post("auth_user_password_change", user, {"usable_password": "false", "unset-password": "1"}),
        post("accounts_user_change", user, form),
        post("accounts_user_delete", user, {"post": "yes"}),
        delete_many("accounts_user", user),
        post("accounts_apitoken_delete", token, {"post": "yes"}),
        delete_many("accounts_apitoken", token),
        post("mfa_authenticator_delete", factor, {"post": "yes"}),
        delete_many("mfa_authenticator", factor),
        post("account_emailaddress_add", None, {"user": user.pk, "email": "helper@x.example", "verified": "on"}),
        post("account_emailaddress_change", address, {"user": user.pk, "email": "h@x.example", "verified": "on"}),
        delete_many("account_emailaddress", address),
    ]  # fmt: skip


@pytest.mark.parametrize("whose", BEYOND)
def test_account_with_rights_beyond_ones_own_stays_as_it_is(
    browser: Client, whose: Callable[[], User]
) -> None:
    user = whose()
    services.token_create(user=user, name="mine")
    TOTP.activate(user, generate_totp_secret())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    before = state(user)
    answers = acts(browser, user)
    assert state(user) == before
    assert not any(answer.status_code >= 500 for answer in answers)


def test_visitor_without_rights_is_helped(browser: Client, user: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[user.pk])
    browser.post(path, {"password1": NEW, "password2": NEW, "usable_password": "true"})
    user.refresh_from_db()
    assert user.check_password(NEW)
    services.token_create(user=user, name="mine")
    browser.post(reverse("admin:accounts_apitoken_delete", args=[ApiToken.objects.get().pk]), {"post": "yes"})
    assert not ApiToken.objects.exists()


def test_nobody_gives_themselves_rights(browser: Client, helper: User) -> None:
    group = Group.objects.get(name="Curators")
    every = list(Permission.objects.values_list("pk", flat=True))
    form = {
        "email": helper.email, "name": "X", "is_active": "on", "is_staff": "on", "is_superuser": "on",
        "groups": [group.pk], "user_permissions": every,
        "emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0",
    }  # fmt: skip
    before = helper.get_all_permissions()
    browser.post(reverse("admin:accounts_user_change", args=[helper.pk]), form)
    browser.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "Mine", "permissions": every})
    browser.post(reverse("admin:auth_group_add"), {"name": "Mine", "permissions": every})
    browser.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    later = User.objects.get(pk=helper.pk)
    assert not later.is_superuser
    assert later.get_all_permissions() == before
    assert sorted(Group.objects.values_list("name", flat=True)) == [
        "Curators", "Dealer desk", "Model keepers", "Support",
    ]  # fmt: skip
    assert Group.objects.get(name="Curators").permissions.count() < 30


def test_new_account_made_by_staff_has_no_rights(browser: Client) -> None:
    form = {
        "email": "new@example.org", "name": "", "usable_password": "true", "password1": NEW, "password2": NEW,
        "is_staff": "on", "is_superuser": "on",
        "emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0",
    }  # fmt: skip
    browser.post(reverse("admin:accounts_user_add"), form)
    made = User.objects.get(email="new@example.org")
    assert not made.is_staff
    assert not made.is_superuser


def test_own_password_is_changed_where_the_old_one_is_asked_for(browser: Client, helper: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[helper.pk])
    done = browser.post(path, {"password1": NEW, "password2": NEW, "usable_password": "true"})
    assert done.url == reverse("account_change_password")
    helper.refresh_from_db()
    assert helper.check_password(PASSWORD)
