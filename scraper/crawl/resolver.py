"""Twisted's name resolution in a crawl: it knows the hosts that were vetted, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any  # interfaces of zope have no types that mypy reads

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer

from scraper.crawl.addresses import AddressBook
from scraper.crawl.context import context_of


@implementer(IHostResolution)
class _Done:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """It has ended already."""


@implementer(IHostnameResolver)
class PinnedResolver:
    """Answers with the addresses that the crawl's address book has vetted; any other host has none."""

    def __init__(self, reactor: Any, book: AddressBook) -> None:
        self._reactor = reactor
        self._book = book

    @classmethod
    def from_crawler(cls, process: Any, reactor: Any) -> PinnedResolver:
        """Scrapy's way of making it, with the process that crawls."""
        return cls(reactor, context_of(process).address_book)

    def install_on_reactor(self) -> None:
        """Scrapy's way of putting it to work."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802  (Twisted's name)
        self,
        resolutionReceiver: Any,  # noqa: N803  (an IResolutionReceiver)
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """At once, from memory."""
        done = _Done(hostName)
        resolutionReceiver.resolutionBegan(done)
        for address in self._book.pinned(hostName):
            kind = IPv6Address if ":" in address else IPv4Address
            resolutionReceiver.addressResolved(kind("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return done
