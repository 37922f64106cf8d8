"""The browser's only way out: a proxy on the loopback address that vets every connection of Chromium.

Interception inside the browser does not see redirects, and what it looked up is not what the browser connects
to. Here the name is vetted and the vetted address connected to, of pages, redirects and sub-resources.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from urllib.parse import urlsplit

from scraper.crawl.addresses import AddressBook, AddressRefused

logger = logging.getLogger(__name__)
_CHUNK = 2**16
_HEAD_SECONDS = 10.0


class EgressProxy:
    """A forwarding proxy for one browser; counts incoming bytes and remembers refused private addresses."""

    def __init__(self, book: AddressBook) -> None:
        self._book = book
        # Bound before the browser's settings are written, which name the port.
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None] | None] = set()
        self.bytes = 0
        self.refused: list[str] = []

    @property
    def url(self) -> str:
        """For the browser's settings."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def open(self) -> None:
        """Start to listen."""
        self._server = await asyncio.start_server(self._serve, sock=self._socket, limit=_CHUNK)

    def close(self) -> None:
        """Stop to listen."""
        if self._server:
            self._server.close()
        self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)  # asyncio itself may forget them
        try:
            await self._forward(reader, writer)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            logger.debug("a connection of the browser was cut", exc_info=True)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        method, target, version = first.decode("ascii").split(" ")
        is_tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if is_tunnel else target)
        host, port = parts.hostname or "", parts.port or (443 if is_tunnel else 80)
        try:
            addresses = await self._book.vetted(host, port, encrypted=is_tunnel)
        except AddressRefused as refusal:
            if refusal.is_private:
                self.refused.append(str(refusal))
            # Chromium asks for things of its own, too: only what could be an attack is worth a warning.
            logger.log(
                logging.WARNING if refusal.is_private else logging.DEBUG, "refused by the proxy: %s", refusal
            )
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        async with asyncio.timeout(_HEAD_SECONDS):
            far_reader, far_writer = await asyncio.open_connection(addresses[0], port)
        try:
            if is_tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = target.split("/", 3)[3] if target.count("/") > 2 else ""
                far_writer.write(f"{method} /{path} {version}\r\n".encode() + _one_request(rest))
            await self._relay(reader, writer, far_reader, far_writer)
        finally:
            far_writer.close()

    async def _relay(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        """Both ways, until the far side has nothing more to say."""
        up = asyncio.create_task(self._pipe(reader, far_writer))
        try:
            await self._pipe(far_reader, writer, count=True)
        finally:
            up.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await up

    async def _pipe(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, count: bool = False
    ) -> None:
        while chunk := await source.read(_CHUNK):
            if count:
                self.bytes += len(chunk)
            sink.write(chunk)
            await sink.drain()


def _one_request(headers: bytes) -> bytes:
    """Headers that end the connection after its first answer: the next request could be for another host."""
    kept = [
        line
        for line in headers.split(b"\r\n")
        if line and line.split(b":")[0].lower() not in (b"connection", b"proxy-connection")
    ]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])
