"""Whatever address a page or a person names, only the public internet is ever asked."""

from __future__ import annotations

import _socket
import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from dealers.models import Dealer
from scraper.pictures.fetching import Fetcher, FetchRefused

#: What must not be reached, by literal, by name, by another way of writing it, or by another scheme.
REFUSED = [
    "http://127.0.0.1/", "https://127.0.0.1/", "https://127.1/", "https://0x7f.1/", "https://2130706433/", "https://0177.0.0.1/",
    "https://localhost/", "https://localhost./", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::]/", "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://10.1.2.3/", "https://172.16.0.1/",
    "https://192.168.1.1/", "https://100.64.0.1/", "https://224.0.0.1/", "https://255.255.255.255/", "https://[fe80::1]/",
    "https://[64:ff9b::7f00:1]/", "https://user@127.0.0.1/", "https://cars.example@127.0.0.1/", "https://127.0.0.1:443/",
    "https://8.8.8.8:6379/", "http://8.8.8.8/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://127.0.0.1/",
    "data:text/html,x", "javascript:alert(1)", "//127.0.0.1/", "https://", "",
]  # fmt: skip


@pytest.fixture
def nothing_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Each connection that was tried. Numbers are read as the system reads them, and only names of this machine known."""
    tried: list[object] = []

    def look_up(
        host: str,
        port: int | str | None,
        family: int = 0,
        type: int = 0,  # noqa: A002  (its name in the standard library)
        proto: int = 0,
        flags: int = 0,
    ) -> object:
        flags |= 0 if host.startswith("localhost") else socket.AI_NUMERICHOST
        return _socket.getaddrinfo(host, port, family, type, proto, flags)

    def connect(address: object, *args: object, **kwargs: object) -> Any:
        tried.append(address)
        raise OSError("a test of what is refused connected")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_not_public_is_refused_before_anything_is_connected_to(
    url: str, nothing_is_connected_to: list[object]
) -> None:
    with pytest.raises(FetchRefused):
        Fetcher("test", sleep=lambda seconds: None).get(url, page=url)
    assert nothing_is_connected_to == []


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "not an address"]
)
def test_the_page_of_a_dealer_is_an_address_of_the_web(url: str) -> None:
    with pytest.raises(ValidationError):
        Dealer._meta.get_field("website").clean(url, None)


def test_nothing_of_the_site_but_the_scraper_fetches() -> None:
    """A new way out has to be reviewed."""
    from tests.test_rules import ROOT, SOURCES

    ways = (
        "urllib.request",
        "http.client",
        "requests.get",
        "import requests",
        "import httpx",
        "import aiohttp",
    )
    found = {str(path.relative_to(ROOT)) for path in SOURCES if any(way in path.read_text() for way in ways)}
    # The other one asks the site's own services on this machine whether they are up.
    assert found == {"scraper/pictures/fetching.py", "ops/stack.py"}
