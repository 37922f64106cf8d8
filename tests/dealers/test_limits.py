"""Who counts as one sender."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser

from dealers import limits
from dealers.exceptions import TooManyEnquiries


def request(rf, address="203.0.113.9", user=None):
    made = rf.post("/", REMOTE_ADDR=address)
    made.user = user or AnonymousUser()
    return made


def spend(rf, *, times=1, **who):
    email = who.pop("email", "ada@example.org")
    for number in range(times):
        limits.enquiry_spend(request(rf, **who), email=email.format(number))


@pytest.fixture(autouse=True)
def _three_an_hour(rates):
    rates(enquiry="3/hour")


def test_another_address_is_another_sender(rf):
    spend(rf, times=3, email="a{}@example.org")
    with pytest.raises(TooManyEnquiries):
        spend(rf, email="b@example.org")
    spend(rf, address="203.0.113.10", email="b@example.org")


def test_an_account_is_one_sender_wherever_it_is(rf):
    signed_in = SimpleNamespace(is_authenticated=True, pk=7)
    for number in range(3):
        spend(rf, user=signed_in, address=f"203.0.113.{number}", email=f"a{number}@example.org")
    with pytest.raises(TooManyEnquiries):
        spend(rf, user=signed_in, address="203.0.113.99", email="b@example.org")
    spend(rf, user=SimpleNamespace(is_authenticated=True, pk=8), email="c@example.org")


def test_no_ones_inbox_is_filled_from_many_addresses(rf):
    for number in range(3):
        spend(rf, address=f"203.0.113.{number}", email="Victim@example.org ")
    with pytest.raises(TooManyEnquiries):
        spend(rf, address="203.0.113.99", email="victim@EXAMPLE.org")
