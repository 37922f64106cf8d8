"""Guessing of passwords and codes: a short window, longer ones, networks and botnets; and owners are never locked out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import OutgoingEmail
from tests.accounts.test_second_factor import code_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that only the test moves."""
    with time_machine.travel(time.time(), tick=False) as traveller:
        yield traveller


def sign_in(browser: Client, email: str, password: str = "wrong", address: str = "192.0.2.1") -> HttpResponse:
    """POST the form of the sign-in."""
    data = {"login": email, "password": password}
    return browser.post(reverse("account_login"), data, REMOTE_ADDR=address)


def tries_in(hours: int, clock: time_machine.Traveller, attempt: Callable[[], HttpResponse]) -> int:
    """How many tries are taken of somebody who tries every two minutes, which the short window allows."""
    taken = 0
    for _ in range(hours * 30):
        taken += attempt().status_code != 429
        clock.shift(120)
    return taken


def test_patient_guesser_gets_no_more_in_an_hour_than_the_longer_window_allows(
    user: User, clock: time_machine.Traveller
) -> None:
    browser = Client()
    assert tries_in(1, clock, lambda: sign_in(browser, user.email)) == 15
    refused = sign_in(browser, user.email)
    if refused.status_code == 429:
        assert int(refused["Retry-After"]) > 60
    assert sign_in(browser, user.email, PASSWORD, "198.51.100.7").status_code == 302, (
        "not the owner's address"
    )


def test_many_accounts_from_neighbouring_addresses_are_one_guesser(
    user: User, clock: time_machine.Traveller, rates: Callable[..., None]
) -> None:
    rates(**{"guess-network": "20/hour"})
    statuses = [
        sign_in(Client(), f"nobody{number}@example.org", address=f"192.0.2.{number}").status_code
        for number in range(25)
    ]
    assert statuses == [200] * 20 + [429] * 5
    assert sign_in(Client(), "nobody@example.org", address="198.51.100.7").status_code == 200


def test_many_addresses_guess_at_one_account_and_its_owner_gets_in(
    user: User, clock: time_machine.Traveller, rates: Callable[..., None]
) -> None:
    rates(**{"guess-account": "20/hour"})
    known = Client()
    sign_in(known, user.email, PASSWORD, "198.51.100.7")
    known.post(reverse("account_logout"))
    statuses = [
        sign_in(Client(), user.email, address=f"203.0.{number}.1").status_code for number in range(25)
    ]
    assert statuses == [200] * 20 + [429] * 5
    assert sign_in(Client(), user.email, PASSWORD, "203.0.113.9").status_code == 429, (
        "a right one is not told"
    )
    assert sign_in(known, user.email, PASSWORD, "198.51.100.7").status_code == 302


def test_known_browser_guesses_no_more_than_others(
    user: User, clock: time_machine.Traveller, rates: Callable[..., None]
) -> None:
    """The cookie of a browser in which the attacker had the password once, given to many machines."""
    rates(**{"guess-account": "5/hour"})
    known = Client()
    sign_in(known, user.email, PASSWORD)
    known.post(reverse("account_logout"))
    statuses = [sign_in(known, user.email, address=f"203.0.{number}.1").status_code for number in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    known.cookies["known"] = "x" + known.cookies["known"].value
    sign_in(known, user.email, address="203.0.99.1")
    assert sign_in(Client(), user.email, PASSWORD, "198.51.100.7").status_code == 302


def test_new_password_by_mail_lets_the_owner_in(
    user: User, link: Callable[[OutgoingEmail], str], rates: Callable[..., None]
) -> None:
    rates(**{"guess-account": "3/hour"})
    for number in range(4):
        sign_in(Client(), user.email, address=f"203.0.{number}.1")
    owner = Client()
    assert sign_in(owner, user.email, PASSWORD, "198.51.100.7").status_code == 429
    owner.post(reverse("account_reset_password"), {"email": user.email})
    form = owner.get(link(OutgoingEmail.objects.get()))
    owner.post(form.url, {"password1": "quite another password"})
    assert sign_in(owner, user.email, "quite another password", "198.51.100.7").status_code == 302


def test_codes_are_guessed_by_the_longer_window_and_the_owner_gets_in(
    user: User, clock: time_machine.Traveller, rates: Callable[..., None]
) -> None:
    """The attacker has the password and many addresses; the owner a browser that is known."""
    rates(**{"guess-code": "8/hour"})
    owner, mallory = Client(), Client()
    sign_in(owner, user.email, PASSWORD, "198.51.100.7")
    owner.post(reverse("account_logout"))
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    code_page = reverse("mfa_authenticate")
    sign_in(mallory, user.email, PASSWORD)
    statuses = [
        mallory.post(code_page, {"code": "000000"}, REMOTE_ADDR=f"203.0.{number}.1").status_code
        for number in range(12)
    ]
    assert statuses == [200] * 8 + [429] * 4
    assert mallory.post(code_page, {"code": code_of(secret)}, REMOTE_ADDR="203.0.9.1").status_code == 429
    sign_in(owner, user.email, PASSWORD, "198.51.100.7")
    assert owner.post(code_page, {"code": code_of(secret)}, REMOTE_ADDR="198.51.100.7").status_code == 302
    assert owner.get(reverse("accounts:me")).status_code == 200


def test_codes_from_one_address_have_a_short_and_a_long_window(
    user: User, clock: time_machine.Traveller
) -> None:
    TOTP.activate(user, generate_totp_secret())
    browser = Client()
    taken = 0
    for _ in range(20):
        sign_in(browser, user.email, PASSWORD)  # a sign-in waits a quarter of an hour for its code
        answer = browser.post(reverse("mfa_authenticate"), {"code": "000000"}, REMOTE_ADDR="192.0.2.1")
        taken += answer.status_code == 200
        clock.shift(120)
    assert taken == 15


@pytest.mark.parametrize(
    ("limit", "page", "data"),
    [
        ("reset-network", "account_reset_password", {"email": "nobody{}@example.org"}),
        ("signup-network", "account_signup", {"email": "nobody{}@example.org", "password1": PASSWORD}),
    ],
)
def test_letters_to_strangers_are_counted_by_network(
    db: None, rates: Callable[..., None], limit: str, page: str, data: dict[str, str]
) -> None:
    rates(**{limit: "3/hour"})
    statuses = []
    for number in range(5):
        form = {name: value.format(number) for name, value in data.items()}
        statuses.append(Client().post(reverse(page), form, REMOTE_ADDR=f"192.0.2.{number}").status_code)
    assert statuses == [302] * 3 + [429] * 2
    assert OutgoingEmail.objects.count() == 3
