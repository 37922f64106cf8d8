"""Who counts as one sender."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser

from dealers import limits
from dealers.exceptions import TooManyEnquiries
from dealers.models import Dealer

pytestmark = pytest.mark.django_db


def request(rf, address="203.0.113.9", user=None):
    made = rf.post("/", REMOTE_ADDR=address)
    made.user = user or AnonymousUser()
    return made


def spend(rf, *, times=1, **who):
    email = who.pop("email", "ada@example.org")
    for number in range(times):
        limits.enquiry_spend(request(rf, **who), email=email.format(number), dealer=Dealer(pk=1, name="Isar"))


@pytest.fixture(autouse=True)
def _three_an_hour(rates):
    rates(enquiry="3/hour", enquiry_network="12/hour")


def test_another_address_is_another_sender(rf):
    spend(rf, times=3, email="a{}@example.org")
    with pytest.raises(TooManyEnquiries):
        spend(rf, email="b@example.org")
    spend(rf, address="203.0.113.10", email="b@example.org")


def test_a_new_account_does_not_start_anew(rf):
    for number in range(3):
        spend(rf, user=SimpleNamespace(is_authenticated=True, pk=number), email=f"a{number}@example.org")
    with pytest.raises(TooManyEnquiries):
        spend(rf, user=SimpleNamespace(is_authenticated=True, pk=9), email="b@example.org")


@pytest.mark.parametrize("address", ["203.0.113.{}", "2001:db8:1:{}::1"])
def test_neighbouring_addresses_have_a_limit_together(rf, address):
    for number in range(12):
        spend(rf, address=address.format(number), email=f"a{number}@example.org")
    with pytest.raises(TooManyEnquiries):
        spend(rf, address=address.format(99), email="b@example.org")
    spend(rf, address="198.51.100.7", email="b@example.org")


def test_an_address_of_ipv6_changes_within_its_customers_network(rf):
    for number in range(3):
        spend(rf, address=f"2001:db8::{number}", email=f"a{number}@example.org")
    with pytest.raises(TooManyEnquiries):
        spend(rf, address="2001:db8::99", email="b@example.org")


def test_what_is_refused_counts_nowhere(rf):
    spend(rf, times=3, address="198.51.100.7", email="ada@example.org")
    for _ in range(20):
        with pytest.raises(TooManyEnquiries):
            spend(rf, address="203.0.113.9", email="ada@example.org")
    spend(rf, times=3, address="203.0.113.9", email="b{}@example.org")


def test_an_account_is_one_sender_wherever_it_is(rf):
    signed_in = SimpleNamespace(is_authenticated=True, pk=7)
    for number in range(3):
        spend(rf, user=signed_in, address=f"203.0.113.{number}", email=f"a{number}@example.org")
    with pytest.raises(TooManyEnquiries):
        spend(rf, user=signed_in, address="203.0.113.99", email="b@example.org")
    spend(rf, user=SimpleNamespace(is_authenticated=True, pk=8), email="c@example.org")


def test_no_ones_inbox_is_filled_from_many_addresses(rf):
    for spelling in ("Victim@example.org ", "victim+1@example.org", "VICTIM+cars@EXAMPLE.org"):
        spend(rf, address=f"203.0.113.{len(spelling)}", email=spelling)
    with pytest.raises(TooManyEnquiries):
        spend(rf, address="203.0.113.99", email="victim@EXAMPLE.org")
    for spelling in ("a.d.a@gmail.com", "ada+x@googlemail.com", "ada@gmail.com"):
        spend(rf, address=f"198.51.100.{len(spelling)}", email=spelling)
    with pytest.raises(TooManyEnquiries):
        spend(rf, address="203.0.113.98", email="ad.a@gmail.com")
