"""Which hosts may be reached, and at which addresses: everything that a crawl sends passes here first.

A name is resolved once and then pinned: what connects takes the addresses that were vetted, so a name that
answers differently the second time gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

#: How long an answer of the name server is taken for true.
PIN_SECONDS = 300.0
#: Networks and single addresses that lead to no public site, beside those that `ipaddress` knows by itself
#: (private, loopback, link-local, documentation, multicast, reserved).
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carriers' own networks; Alibaba's metadata is at 100.100.100.200
        "168.63.129.16/32",  # Azure: metadata, DNS and agents, at an address that is public by its number
        "169.254.0.0/16",  # link-local; most clouds' metadata at 169.254.169.254, AWS tasks' at .170.2
        "192.0.0.0/24",  # IETF protocols; Oracle's metadata is at 192.0.0.192
        "192.31.196.0/24",  # AS112: answers for private names
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # gateways from 6to4, given up
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks of network devices
        "64:ff9b:1::/48",  # NAT64 of a network's own: leads wherever its gateway says
        "100::/64",  # discarded
        "100:0:0:1::/64",  # a dummy prefix
        "2001::/23",  # IETF protocols, Teredo among them
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing within a network
        "fc00::/7",  # private; AWS's metadata is at fd00:ec2::254
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local: given up, and still routed at home by some systems
    )
)
#: Prefixes behind which the last 32 bits are an IPv4 address: compatible, mapped, translated, NAT64.
_IPV4_AT_THE_END = tuple(map(ip_network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
#: With 6to4, whose IPv4 address is in the middle: all that lead where that one leads.
_CARRIERS = (*_IPV4_AT_THE_END, ip_network("2002::/16"))
#: The 32 bits before the address that ISATAP hides in an interface's half.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})

Resolve = Callable[[str, int], Awaitable[list[str]]]


class AddressRefused(Exception):
    """An address that a crawl may not reach; the text says why, `is_private` that it is a private address."""

    def __init__(self, why: str, *, is_private: bool = False) -> None:
        super().__init__(why)
        self.is_private = is_private


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where it carries another one inside."""
    ip = ip_address(address.partition("%")[0])
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    if not all(is_public(str(inner)) for inner in _carried(ip)):
        return False
    if any(ip in network for network in _CARRIERS):
        return True
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    return ip.is_global and not special


def _carried(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that a gateway would take out of an IPv6 address, and send the packet to."""
    if isinstance(ip, IPv4Address):
        return []
    low = IPv4Address(int(ip) & 0xFFFFFFFF)
    is_isatap = (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP
    is_at_the_end = is_isatap or any(ip in network for network in _IPV4_AT_THE_END)
    return [*([ip.sixtofour] if ip.sixtofour else []), *([low] if is_at_the_end else [])]


def _is_private(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:  # a name
        return False


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, by the machine's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class AddressBook:
    """The hosts of one crawl.

    Only `hosts` are reached, by https at port 443, at public addresses. `private` are the exceptions, each
    "ADDRESS:PORT": there, and only there, plain http and another port are allowed too.
    """

    def __init__(self, hosts: Iterable[str], private: Iterable[str] = (), resolve: Resolve = resolve) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._private = frozenset(private)
        self._resolve = resolve
        self._pinned: dict[str, tuple[float, tuple[str, ...]]] = {}

    async def check(self, url: str) -> tuple[str, ...]:
        """The addresses that an URL may be fetched from. Raises AddressRefused."""
        try:
            parts = urlsplit(url)
            port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
        except ValueError:
            raise AddressRefused("not an address") from None
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("a name or password in the address")
        if parts.scheme not in ("http", "https"):
            raise AddressRefused(f"{parts.scheme or 'no scheme'} instead of https")
        return await self.vetted(parts.hostname or "", port, encrypted=parts.scheme == "https")

    async def vetted(self, host: str, port: int, *, encrypted: bool) -> tuple[str, ...]:
        """The addresses at which a host may be reached. Raises AddressRefused."""
        if host.lower() not in self._hosts:
            raise AddressRefused(
                f"{host or 'no host'} is not a host of this source", is_private=_is_private(host)
            )
        addresses = await self._addresses(host, port)
        if all(f"{address}:{port}" in self._private for address in addresses):
            return addresses
        if hidden := [address for address in addresses if not is_public(address)]:
            self._pinned.pop(host, None)
            raise AddressRefused(f"{host} leads to {hidden[0]}, which is not public", is_private=True)
        if not encrypted or port != 443:
            raise AddressRefused(f"{host}:{port} is not https at port 443")
        return addresses

    def pinned(self, host: str) -> tuple[str, ...]:
        """The addresses that a host was last vetted at; none where it was not."""
        return self._pinned.get(host, (0.0, ()))[1]

    async def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        until, known = self._pinned.get(host, (0.0, ()))
        if known and time.monotonic() < until:
            return known
        try:
            addresses = tuple(await self._resolve(host, port))
        except OSError as error:
            raise AddressRefused(f"{host} has no address: {error}") from None
        if not addresses:
            raise AddressRefused(f"{host} has no address")
        self._pinned[host] = (time.monotonic() + PIN_SECONDS, addresses)
        return addresses
