"""The browser's way out, with real sockets."""

from __future__ import annotations

import asyncio

import pytest

from scraper.crawl.addresses import AddressBook
from scraper.crawl.egress_proxy import EgressProxy
from scraper.demo_site.server import DemoSite


def through(proxy: EgressProxy, *requests: bytes) -> list[bytes]:
    """The proxy's answers, each request on a connection of its own."""

    async def ask() -> list[bytes]:
        await proxy.open()
        port = int(proxy.url.rpartition(":")[2])
        answers = []
        for request in requests:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            answers.append(await asyncio.wait_for(reader.read(), 5))
            writer.close()
        proxy.close()
        return answers

    return asyncio.run(ask())


def get(url: str, *headers: str) -> bytes:
    lines = [f"GET {url} HTTP/1.1", "Host: any", *headers, "", ""]
    return "\r\n".join(lines).encode()


@pytest.fixture
def site():
    with DemoSite() as running:
        yield running


def test_a_page_of_the_source_comes_through(site):
    proxy = EgressProxy(AddressBook(["127.0.0.1"], [site.address]))
    [answer] = through(
        proxy, get(f"{site.url}/robots.txt", "Connection: keep-alive", "Proxy-Connection: keep-alive")
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Disallow" in answer
    assert proxy.bytes == len(answer)
    assert proxy.refused == []


def test_a_private_address_is_refused_and_never_connected_to(site):
    proxy = EgressProxy(AddressBook(["127.0.0.1"], [site.address]))
    tunnel = f"CONNECT {site.vault.removeprefix('http://')} HTTP/1.1\r\n\r\n".encode()
    answers = through(proxy, get(f"{site.vault}/secret"), tunnel, get("http://10.0.0.1/"))
    assert all(answer.startswith(b"HTTP/1.1 403") for answer in answers)
    assert len(proxy.refused) == 3
    assert site.vault_hits == {}


def test_other_public_hosts_are_refused_without_an_alarm(site):
    proxy = EgressProxy(AddressBook(["127.0.0.1"], [site.address]))
    [answer] = through(proxy, b"CONNECT adverts.example:443 HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403")
    assert proxy.refused == []


def test_what_is_no_request_is_cut_off(site):
    proxy = EgressProxy(AddressBook(["127.0.0.1"], [site.address]))
    assert through(proxy, b"\x16\x03\x01 nonsense\r\n\r\n", b"GET\r\n\r\n") == [b"", b""]


def test_a_tunnel_leads_to_the_address_that_was_looked_at(site, monkeypatch):
    """The name answers with a public address first and a private one later: the connection takes the first."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    connected: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    proxy = EgressProxy(AddressBook(["cars.example"], resolve=resolve))
    real = asyncio.open_connection

    async def connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if port == 443:
            connected.append(host)
            raise OSError("no network here")
        return await real(host, port)

    monkeypatch.setattr(asyncio, "open_connection", connect)
    tunnel = b"CONNECT cars.example:443 HTTP/1.1\r\n\r\n"
    through(proxy, tunnel, tunnel)
    assert connected == ["93.184.216.34", "93.184.216.34"]
    assert answers == [["127.0.0.1"]]
