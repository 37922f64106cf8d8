"""What a crawl may reach: the one place that decides it."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from scraper.crawl.addresses import AddressBook, AddressRefused, is_public

PUBLIC = "93.184.216.34"


def book(
    *answers: list[str], hosts: tuple[str, ...] = ("cars.example",), private: tuple[str, ...] = ()
) -> AddressBook:
    """An address book whose name server gives these answers, one after another, and the last one for ever."""
    waiting = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return AddressBook(hosts, private, resolve)


def check(of: AddressBook, url: str) -> tuple[str, ...]:
    return asyncio.run(of.check(url))


@pytest.mark.parametrize(
    "address",
    [
        PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001:81b::200e", "2600::", "192.0.1.1",
        "168.63.129.15", "168.63.129.17", "100.63.255.255", "100.128.0.1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "2002:808:808::", "2a00:1450:4001:81b::5efe:8.8.8.8",
    ],
)  # fmt: skip
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_private_addresses_are_not(address):
    assert not is_public(address)


#: Where clouds tell a machine its secrets, as they document it.
METADATA = [
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200", "192.0.0.192",
    "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::a9fe:a9fe",
]  # fmt: skip


@pytest.mark.parametrize("address", METADATA)
def test_metadata_of_clouds_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "inner", ["169.254.169.254", "168.63.129.16", "100.100.100.200", "10.0.0.7", "127.0.0.1"]
)
def test_nor_is_an_address_that_carries_a_private_one(inner):
    number = int(ip_address(inner))
    high, low = divmod(number, 2**16)
    carriers = [
        f"::ffff:{inner}", f"::{inner}", f"::ffff:0:{inner}", f"64:ff9b::{inner}", f"64:ff9b:1::{inner}",
        f"2002:{high:x}:{low:x}::1", f"2001:0:{high:x}:{low:x}::1",
        f"2001:0:808:808:0:0:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}",
        f"2a00:1450:4001:81b::5efe:{inner}", f"2a00:1450:4001:81b:200:5efe:{inner}",
    ]  # fmt: skip
    assert [address for address in carriers if is_public(address)] == []


@pytest.mark.parametrize(
    "address",
    [
        "fec0::1", "feff:ffff::1", "fe80::5efe:8.8.8.8", "192.0.0.1", "192.0.0.8", "192.0.0.9", "192.88.99.1",
        "198.19.255.255", "203.0.113.1", "3fff::1", "5f00::1", "100::1", "2001:20::1", "2001:10::1", "ff0e::1",
        "fdff::1", "::2", "4000::1", "4000::5efe:8.8.8.8",
    ],
)  # fmt: skip
def test_nor_are_networks_of_home_and_of_protocols(address):
    assert not is_public(address)


def test_a_public_host_of_the_source_is_reached_by_https():
    assert check(book([PUBLIC]), "https://cars.example/audi") == (PUBLIC,)
    assert check(book([PUBLIC]), "https://CARS.example:443/audi") == (PUBLIC,)


@pytest.mark.parametrize(
    "url",
    [
        "http://cars.example/", "https://cars.example:8443/", "https://other.example/", "https://cars.example./",
        "https://cars.example.evil.example/", "https://user@cars.example/", "https://user:word@cars.example/",
        "ftp://cars.example/", "file:///etc/passwd", "gopher://cars.example/", "data:text/html,x", "javascript:1",
        "https:///nothing", "https://cars.example:99999/", "https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/",
        "https://2130706433/", "https://169.254.169.254/", "//cars.example/", "",
    ],
)  # fmt: skip
def test_everything_else_is_refused(url):
    with pytest.raises(AddressRefused):
        check(book([PUBLIC]), url)


@pytest.mark.parametrize(
    ("literal", "meant"),
    [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("0x7f.1", "127.0.0.1"), ("2130706433", "127.0.0.1")],
)
def test_a_private_address_is_refused_even_where_a_user_made_it_a_host_of_the_source(literal, meant):
    at_home = book([meant], hosts=(literal.strip("[]"),))
    with pytest.raises(AddressRefused, match="not public"):
        check(at_home, f"https://{literal}/")


def test_a_name_that_leads_to_a_private_address_is_refused():
    with pytest.raises(AddressRefused, match=r"leads to 10\.0\.0\.7") as refused:
        check(book(["10.0.0.7"]), "https://cars.example/")
    assert refused.value.is_private


def test_one_private_address_among_public_ones_is_enough():
    with pytest.raises(AddressRefused):
        check(book([PUBLIC, "127.0.0.1"]), "https://cars.example/")


def test_a_name_that_answers_differently_the_second_time_is_still_connected_to_where_it_was_looked_at():
    rebinding = book([PUBLIC], ["127.0.0.1"])
    check(rebinding, "https://cars.example/")
    assert check(rebinding, "https://cars.example/again") == (PUBLIC,)
    assert rebinding.pinned("cars.example") == (PUBLIC,)


def test_once_the_pin_is_old_the_name_is_looked_at_again(monkeypatch):
    monkeypatch.setattr("scraper.crawl.addresses.PIN_SECONDS", -1.0)
    rebinding = book([PUBLIC], ["127.0.0.1"])
    check(rebinding, "https://cars.example/")
    with pytest.raises(AddressRefused):
        check(rebinding, "https://cars.example/")
    assert rebinding.pinned("cars.example") == ()


def test_a_name_without_an_address_is_refused():
    with pytest.raises(AddressRefused, match="no address"):
        check(book([]), "https://cars.example/")


def test_a_private_address_may_be_named_with_its_port_and_only_that_port_opens():
    at_home = book(["127.0.0.1"], hosts=("127.0.0.1",), private=("127.0.0.1:8765",))
    assert check(at_home, "http://127.0.0.1:8765/cars/") == ("127.0.0.1",)
    for url in ("http://127.0.0.1:8766/", "http://127.0.0.1/", "https://127.0.0.1/"):
        with pytest.raises(AddressRefused):
            check(at_home, url)
