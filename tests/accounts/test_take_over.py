"""An attacker's walks: what was asked for in an account before its owner came back must be worth nothing after.

The attacker signed up with somebody's address, or has a session of theirs (an unlocked phone, a stolen cookie).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import services
from accounts.models import ApiToken, User
from core.models import OutgoingEmail
from tests.accounts.test_second_factor import code_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
Link = Callable[[OutgoingEmail], str]
THEIRS = "mallory@example.org"
NEW = "quite another password"


@pytest.fixture(autouse=True)
def _still() -> Iterator[None]:
    """The clock stands still, so no half minute ends between a code and its use."""
    with time_machine.travel(time.time(), tick=False):
        yield


@pytest.fixture
def attacker(confirmed_user: User) -> Client:
    """A browser with a session of the account, in which the password was given a moment ago."""
    browser = Client()
    assert browser.login(email=confirmed_user.email, password=PASSWORD)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return browser


def ask_for(browser: Client, address: str) -> HttpResponse:
    """Ask for a change of address."""
    return browser.post(reverse("account_email"), {"email": address, "action_add": ""})


# --- What the owner does ------------------------------------------------------------------------------------
def resets(user: User, link: Link) -> None:
    """The owner sets a new password by the link in an e-mail."""
    browser = Client()
    browser.post(reverse("account_reset_password"), {"email": user.email})
    path = link(OutgoingEmail.objects.filter(to=user.email, subject__icontains="password").latest("pk"))
    form = browser.get(path)
    browser.post(form.url, {"password1": NEW})


def changes(user: User, link: Link) -> None:
    """The owner changes the password on the page."""
    browser = Client()
    assert browser.login(email=user.email, password=PASSWORD)
    browser.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW})


def signs_out_everywhere(user: User, link: Link) -> None:
    """The owner ends all other sessions."""
    browser = Client()
    assert browser.login(email=user.email, password=PASSWORD)
    browser.post(reverse("accounts:sessions_end"))


def asks_an_administrator(user: User, link: Link) -> None:
    """An administrator sets a new password in the admin."""
    boss = User.objects.create_superuser("boss@example.org", PASSWORD)
    browser = Client()
    browser.force_login(boss)
    path = reverse("admin:auth_user_password_change", args=[user.pk])
    done = browser.post(path, {"password1": NEW, "password2": NEW, "usable_password": "true"})
    assert done.status_code == 302


def asks_the_operator(user: User, link: Link) -> None:
    """Somebody removes the second factor on the server, which ends the sessions."""
    call_command("remove_second_factor", user.email)


EVERY = [resets, changes, signs_out_everywhere, asks_an_administrator, asks_the_operator]


# --- The walks ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("owner", EVERY)
def test_pending_address_ends(attacker: Client, confirmed_user: User, link: Link, owner: Callable) -> None:
    ask_for(attacker, THEIRS)
    mailed = link(OutgoingEmail.objects.get(to=THEIRS))
    owner(confirmed_user, link)
    for browser in (attacker, Client()):
        browser.get(mailed)
        browser.post(mailed)
    confirmed_user.refresh_from_db()
    assert confirmed_user.email == "ada@example.org"
    assert not EmailAddress.objects.filter(email=THEIRS).exists()


@pytest.mark.parametrize("owner", EVERY)
def test_session_ends(attacker: Client, confirmed_user: User, link: Link, owner: Callable) -> None:
    owner(confirmed_user, link)
    assert attacker.get(reverse("accounts:me")).status_code == 302


@pytest.mark.parametrize("owner", [resets, changes, asks_an_administrator, asks_the_operator])
def test_token_ends(attacker: Client, confirmed_user: User, link: Link, owner: Callable) -> None:
    text = attacker.post(reverse("accounts:token_create"), {"name": "mine"}).context["new_token_text"]
    headers = {"authorization": f"Token {text}"}
    assert Client().get("/api/v1/me/", headers=headers).status_code == 200
    owner(confirmed_user, link)
    assert Client().get("/api/v1/me/", headers=headers).status_code == 401


@pytest.mark.parametrize("owner", [resets, changes, asks_an_administrator])
def test_link_to_set_a_password_ends(confirmed_user: User, link: Link, owner: Callable) -> None:
    Client().post(reverse("account_reset_password"), {"email": confirmed_user.email})
    stolen = link(OutgoingEmail.objects.get())
    cache.clear()
    owner(confirmed_user, link)
    page = Client().get(stolen)
    assert page.status_code == 200, "no form, but the words that it no longer works"
    assert "no longer works" in page.content.decode()


def test_pending_address_finds_no_account(attacker: Client, confirmed_user: User) -> None:
    """Neither a link to set a new password goes there, nor can anyone sign in with it."""
    ask_for(attacker, THEIRS)
    OutgoingEmail.objects.all().delete()
    Client().post(reverse("account_reset_password"), {"email": THEIRS})
    assert "/password/reset/key/" not in OutgoingEmail.objects.get().body
    page = Client().post(reverse("account_login"), {"login": THEIRS, "password": PASSWORD})
    assert page.status_code == 200
    assert "match" in page.content.decode()


def test_account_made_with_a_strangers_address_is_the_strangers_after_a_reset(link: Link) -> None:
    mallory = Client()
    mallory.post(reverse("account_signup"), {"email": "victim@example.org", "password1": PASSWORD})
    mallory.post(reverse("account_login"), {"login": "victim@example.org", "password": PASSWORD})
    mallory.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    ask_for(mallory, THEIRS)
    mailed = link(OutgoingEmail.objects.get(to=THEIRS))
    victim = User.objects.get(email="victim@example.org")
    resets(victim, link)
    mallory.post(mailed)
    victim.refresh_from_db()
    assert victim.email == "victim@example.org"
    assert mallory.get(reverse("accounts:me")).status_code == 302
    assert EmailAddress.objects.get(user=victim).verified, "the reset has proved the address"


# --- Before anything happens --------------------------------------------------------------------------------
def test_changing_the_address_asks_for_the_password_and_tells_the_old_one(
    signed_in: Client, confirmed_user: User
) -> None:
    asked = ask_for(signed_in, THEIRS)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(email=THEIRS).exists()
    assert signed_in.post(asked.url, {"password": "wrong"}).status_code == 200
    assert not EmailAddress.objects.filter(email=THEIRS).exists()
    signed_in.post(asked.url, {"password": PASSWORD})
    told = OutgoingEmail.objects.get(to=confirmed_user.email)
    assert THEIRS in told.body
    assert reverse("account_reset_password") in told.body


@pytest.mark.parametrize("what", ["action_remove", "action_primary", "action_send"])
def test_other_buttons_of_that_page_change_no_address(
    signed_in: Client, confirmed_user: User, what: str
) -> None:
    EmailAddress.objects.create(user=confirmed_user, email=THEIRS)
    signed_in.post(reverse("account_email"), {"email": THEIRS, what: ""})
    confirmed_user.refresh_from_db()
    assert confirmed_user.email == "ada@example.org"


@pytest.mark.parametrize(
    "name", ["mfa_activate_totp", "mfa_generate_recovery_codes", "mfa_view_recovery_codes"]
)
def test_second_factor_asks_for_the_password(signed_in: Client, confirmed_user: User, name: str) -> None:
    if name != "mfa_activate_totp":
        TOTP.activate(confirmed_user, generate_totp_secret())
        RecoveryCodes.activate(confirmed_user)
    page = signed_in.get(reverse(name))
    assert page.status_code == 302
    assert "reauthenticate" in page.url


# --- The second factor --------------------------------------------------------------------------------------
def test_new_second_factor_ends_tokens_sessions_and_pending_addresses_but_not_this_one(
    attacker: Client,
    proven: Client,
    confirmed_user: User,
    link: Link,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    services.token_create(user=confirmed_user, name="mine")
    page = proven.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        proven.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert Authenticator.objects.filter(user=confirmed_user, type="totp").exists()
    assert not ApiToken.objects.exists()
    assert attacker.get(reverse("accounts:me")).status_code == 302
    assert proven.get(reverse("accounts:me")).status_code == 200


@pytest.mark.parametrize("owner", [changes, signs_out_everywhere])
def test_half_a_sign_in_ends(confirmed_user: User, link: Link, owner: Callable) -> None:
    """The old password was right once; the code comes after the owner has changed it."""
    secret = generate_totp_secret()
    TOTP.activate(confirmed_user, secret)
    mallory = Client()
    waiting = mallory.post(reverse("account_login"), {"login": confirmed_user.email, "password": PASSWORD})
    assert waiting.url == reverse("mfa_authenticate")
    owner(confirmed_user, link)
    mallory.post(waiting.url, {"code": code_of(secret)})
    assert mallory.get(reverse("accounts:me")).status_code == 302
