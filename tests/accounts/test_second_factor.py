"""Two-step verification: set up, used, lost; and staff who have to have it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.management import call_command
from django.core.management.base import CommandError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import services
from accounts.models import User
from core.models import OutgoingEmail
from tests.accounts.test_pages import check
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SIGN_IN = {"password": PASSWORD}


@pytest.fixture(autouse=True)
def _still() -> Iterator[None]:
    """The clock stands still, so no half minute ends between the app's code and its use."""
    with time_machine.travel(time.time(), tick=False):
        yield


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up(user: User) -> str:
    """Give a user a second factor; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def sign_in(client: Client, user: User) -> HttpResponse:
    return client.post(reverse("account_login"), {"login": user.email} | SIGN_IN)


def prove(client: Client, user: User) -> None:
    """Sign in, and say the password once more, as the pages of two-step verification ask for."""
    client.force_login(user)
    client.post(reverse("account_reauthenticate"), SIGN_IN)


@pytest.fixture
def confirmed(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def test_it_is_set_up_with_an_app_and_gives_codes_on_paper(
    client: Client, confirmed: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    prove(client, confirmed)
    check(client.get(reverse("mfa_index")))
    page = client.get(reverse("mfa_activate_totp"))
    check(page)
    secret = re.search(r'account-key">([A-Z2-7=]+)<', page.content.decode())
    assert secret
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert "That code is not right" in wrong.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret[1])})
    assert done.url == reverse("mfa_view_recovery_codes")
    check(client.get(done.url))
    assert OutgoingEmail.objects.get().subject == "Two-step verification is on for your Carsite account"
    codes = client.get(reverse("mfa_download_recovery_codes"))
    assert codes["Content-Disposition"].startswith("attachment")
    assert len(re.findall(r"^\d{8}$", codes.content.decode(), re.MULTILINE)) == 10
    for name in ("mfa_index", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_reauthenticate"):
        check(client.get(reverse(name)))


def test_first_administrator_made_on_the_command_line_gets_into_the_admin(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STAFF_MFA_REQUIRED = True
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="root@example.org", interactive=False, verbosity=0)
    sign_in(client, User.objects.get())
    led = client.get(reverse("admin:index"), follow=True)
    assert led.redirect_chain[-1][0] == reverse("mfa_index")
    client.post(reverse("account_reauthenticate"), SIGN_IN)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'account-key">([A-Z2-7=]+)<', page)
    assert secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret[1])})
    assert client.get(reverse("admin:index")).status_code == 200


def test_its_secret_is_sealed_in_the_database(confirmed: User) -> None:
    secret = set_up(confirmed)
    row = Authenticator.objects.get()
    assert secret not in str(row.data)
    assert row.wrap().validate_code(code_of(secret))


def test_password_alone_does_not_sign_in(client: Client, confirmed: User) -> None:
    secret = set_up(confirmed)
    response = sign_in(client, confirmed)
    assert response.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    check(client.get(response.url))
    assert client.get(reverse("accounts:me")).status_code == 302
    wrong = client.post(response.url, {"code": "123456"})
    assert "That code is not right" in wrong.content.decode()
    client.post(response.url, {"code": code_of(secret)})
    assert client.session["_auth_user_id"] == str(confirmed.pk)


def test_a_code_works_once(client: Client, confirmed: User) -> None:
    secret = set_up(confirmed)
    code = code_of(secret)
    for expected in (True, False):
        sign_in(client, confirmed)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in client.session) is expected
        client.logout()


def test_a_used_code_stays_used_for_as_long_as_it_is_good(
    client: Client, confirmed: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = set_up(confirmed)
    code, now = code_of(secret, steps=1), time.time()
    sign_in(client, confirmed)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert "_auth_user_id" in client.session
    client.logout()
    monkeypatch.setattr("time.time", lambda: now + 32)
    assert code in [code_of(secret, steps=steps) for steps in (-1, 0, 1)], "a good code still"
    sign_in(client, confirmed)
    assert "That code is not right" in client.post(reverse("mfa_authenticate"), {"code": code}).text
    assert "_auth_user_id" not in client.session


def test_a_code_on_paper_works_once(client: Client, confirmed: User) -> None:
    set_up(confirmed)
    code = RecoveryCodes.activate(confirmed).get_unused_codes()[0]
    for expected in (True, False):
        sign_in(client, confirmed)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in client.session) is expected
        client.logout()


def test_guessing_codes_is_limited(client: Client, confirmed: User) -> None:
    secret = set_up(confirmed)
    sign_in(client, confirmed)
    said = [client.post(reverse("mfa_authenticate"), {"code": "000000"}).text for _ in range(6)]
    assert ["Too many" in page for page in said] == [False] * 5 + [True]
    assert "Too many" in client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).text
    assert "_auth_user_id" not in client.session


def test_under_another_key_the_page_says_what_helps_and_that_helps(
    client: Client, confirmed: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    secret = set_up(confirmed)
    settings.SECRET_KEY = "another key, as after a restore on a new machine"
    sign_in(client, confirmed)
    page = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    check(page)
    assert "manage.py remove_second_factor" in page.text
    assert "another SECRET_KEY" in caplog.text
    call_command("remove_second_factor", confirmed.email)
    check(client.get(reverse("account_login")))
    sign_in(client, confirmed)
    assert "_auth_user_id" in client.session


# --- Who you are, once more ---------------------------------------------------------------------------------
def test_password_and_code_lead_to_each_other_and_on_to_where_one_was_going(
    client: Client, confirmed: User
) -> None:
    secret = set_up(confirmed)
    wanted = reverse("mfa_generate_recovery_codes")
    client.force_login(confirmed)
    password = client.get(client.get(wanted).url)
    by_code, by_password = (
        f"{reverse(name)}?{urlencode({'next': wanted})}"
        for name in ("mfa_reauthenticate", "account_reauthenticate")
    )
    assert f'href="{by_code}"' in password.text
    code = client.get(by_code)
    check(code)
    assert f'href="{by_password}"' in code.text
    done = client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret), "next": wanted})
    assert done.url == wanted
    assert client.get(wanted).status_code == 200


def test_codes_on_paper_are_shown_to_who_has_just_said_who_they_are(client: Client, confirmed: User) -> None:
    set_up(confirmed)
    codes = RecoveryCodes.activate(confirmed).get_unused_codes()
    client.force_login(confirmed)
    for name in ("mfa_view_recovery_codes", "mfa_download_recovery_codes"):
        refused = client.get(reverse(name))
        assert refused.url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), SIGN_IN)
    for name in ("mfa_view_recovery_codes", "mfa_download_recovery_codes"):
        for _ in range(2):
            assert codes[0] in client.get(reverse(name)).text


def test_password_alone_makes_no_api_token(client: Client, confirmed: User) -> None:
    asked = {"email": confirmed.email} | SIGN_IN
    assert client.post("/api/v1/tokens/", asked, content_type="application/json").status_code == 201
    set_up(confirmed)
    refused = client.post("/api/v1/tokens/", asked, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_needed")
    wrong = client.post("/api/v1/tokens/", asked | {"password": "x"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_credentials")


def test_turning_it_off_voids_the_codes_on_paper(client: Client, confirmed: User) -> None:
    set_up(confirmed)
    prove(client, confirmed)
    client.post(reverse("mfa_generate_recovery_codes"))
    assert Authenticator.objects.count() == 2
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.exists()
    assert OutgoingEmail.objects.filter(
        subject="Two-step verification is off for your Carsite account"
    ).exists()


# --- Staff --------------------------------------------------------------------------------------------------
@pytest.fixture
def needed(settings: Settings) -> None:
    settings.STAFF_MFA_REQUIRED = True


def test_staff_without_it_are_led_to_it_before_the_admin_opens(
    client: Client, staff_user: User, needed: None
) -> None:
    client.force_login(staff_user)
    page = client.get(reverse("admin:index"), follow=True)
    assert page.redirect_chain[-1][0] == reverse("mfa_index")
    assert "Staff need two-step verification" in page.content.decode()
    assert not staff_user.has_perm("classifier.view_identification")
    set_up(staff_user)
    assert client.get(reverse("admin:index")).status_code == 200
    assert User.objects.get(pk=staff_user.pk).has_perm("classifier.view_identification")


def test_where_it_is_not_needed_the_admin_opens_without(client: Client, staff_user: User) -> None:
    client.force_login(staff_user)
    assert client.get(reverse("admin:index")).status_code == 200


def test_visitors_never_need_it(client: Client, user: User, needed: None) -> None:
    client.force_login(user)
    assert client.get(reverse("accounts:me")).status_code == 200
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_staff_who_need_it_can_not_turn_it_off(client: Client, staff_user: User, needed: None) -> None:
    set_up(staff_user)
    prove(client, staff_user)
    overview = client.get(reverse("mfa_index"))
    assert reverse("mfa_deactivate_totp") not in overview.text
    assert "ask another administrator" in overview.text
    refused = client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=staff_user).exists()
    assert "turn off two-step verification" in refused.text
    assert "Turn it off" not in refused.text


def test_staff_who_need_it_change_their_address_while_an_administrator_has_taken_it_away(
    client: Client, staff_user: User, needed: None
) -> None:
    EmailAddress.objects.create(user=staff_user, email=staff_user.email, primary=True, verified=True)
    set_up(staff_user)
    client.force_login(staff_user)
    asked = {"email": "new@example.org", "action_add": ""}
    assert "administrator to remove it" in client.post(reverse("account_email"), asked).text
    services.second_factor_remove(user=staff_user)
    client.force_login(User.objects.get(pk=staff_user.pk))
    client.post(client.post(reverse("account_email"), asked).url, {"password": PASSWORD})
    assert EmailAddress.objects.filter(user=staff_user, email="new@example.org").exists()


def test_who_may_turn_it_off_is_offered_to(client: Client, user: User, needed: None) -> None:
    set_up(user)
    prove(client, user)
    assert reverse("mfa_deactivate_totp") in client.get(reverse("mfa_index")).text
    assert "Turn it off" in client.get(reverse("mfa_deactivate_totp")).text


def test_a_lost_one_is_taken_away_by_an_administrator_and_sessions_end(
    client: Client, user: User, staff_user: User
) -> None:
    set_up(user)
    theirs = Client()
    theirs.force_login(user)
    client.force_login(staff_user)
    row = Authenticator.objects.get()
    client.post(reverse("admin:mfa_authenticator_delete", args=[row.pk]), {"post": "yes"})
    assert not Authenticator.objects.exists()
    assert theirs.get(reverse("accounts:me")).status_code == 302


def test_the_last_administrator_is_helped_at_the_command_line(
    staff_user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(staff_user)
    call_command("remove_second_factor", staff_user.email.upper())
    assert not Authenticator.objects.exists()
    with pytest.raises(CommandError, match="no account"):
        call_command("remove_second_factor", "nobody@example.org")


# --- Sessions -----------------------------------------------------------------------------------------------
def test_signing_out_everywhere_else_ends_all_sessions_but_this_one(
    client: Client, user: User, other_user: User
) -> None:
    elsewhere, others = Client(), Client()
    client.force_login(user)
    elsewhere.force_login(user)
    others.force_login(other_user)
    _, token = services.token_create(user=user, name="program")
    client.post(reverse("accounts:sessions_end"))
    for browser, status in ((client, 200), (elsewhere, 302), (others, 200)):
        assert browser.get(reverse("accounts:me")).status_code == status
    asked = elsewhere.get("/api/v1/me/", headers={"authorization": f"Token {token}"})
    assert asked.json()["email"] == user.email
