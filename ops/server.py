"""The web server: gunicorn's processes, in each of which waitress reads requests and sends answers.

A thread is taken only when a request is there whole, and given back as soon as its answer is made: bodies and
answers wait in memory, larger ones in temporary files. So a client that is slow, or wants to be, holds a
connection and nothing else. What is new here: time limits, limits of size by address, errors that the site
itself words, and processes that make room for a fresh one when they have grown.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from gunicorn.workers.base import Worker as GunicornWorker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest, Error, InternalServerError, RequestEntityTooLarge

#: Where `carsite.middleware` finds the status with which this server refuses a request. No header can set it.
REFUSED = "carsite.refused"
#: Seconds for a request's first line and headers; and without any of them on a new or a kept connection.
HEADER_SECONDS = 20.0
IDLE_SECONDS = 75.0
#: A body, or an answer, may rest so long (a tunnel) …
STALL_SECONDS = 60.0
#: … and has to come at this rate on average, once it has taken that long: 10 MB in five minutes are 35 kB/s.
BYTES_PER_SECOND = 4_000
#: Where nearly all connections are taken, those that do nothing go first.
CROWDED_SHARE, CROWDED_SECONDS = 0.8, 2.0
#: So long what a refused client still sends is read and dropped: closing at once would lose the answer.
LINGER_SECONDS = 30.0
#: What a stopping process gives kept connections for a request that may be on its way.
LAST_WORDS_SECONDS = 1.0
_MAX_HEADER_BYTES = 32 * 1024
_MAX_CHUNK_LINE = 1024
_TICK_SECONDS = 0.5
#: Memory counts as kept where it never was less for so many seconds: a large photo takes some for a moment.
_MEMORY_SECONDS = 60.0
_M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
#: From this size on memory goes back at once. Less would cost a photo a quarter more of CPU, for page faults.
_MAPPED_BYTES = 8 * 2**20

logging.getLogger("waitress").setLevel(logging.WARNING)
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class RequestTimeout(Error):  # type: ignore[misc]
    """The client took too long."""

    code = 408
    reason = "Request Timeout"


class NoRoom(Error):  # type: ignore[misc]
    """A body does not fit on the disk."""

    code = 507
    reason = "Insufficient Storage"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request as it comes, up to the size that its address takes."""

    command, path, query, fragment, request_uri = "GET", "/", "", "", "/"
    url_scheme = "http"
    start = b""  # of the request: its first line as far as it has come

    def __init__(self, adj: object) -> None:
        super().__init__(adj)
        self.started = time.monotonic()

    def received(self, data: bytes) -> int:
        """How many of the bytes are this request's."""
        if not self.headers_finished and b"\r\n" not in self.start:
            self.start = (self.start + data)[:2048].lstrip(b"\r\n")
        try:
            count: int = super().received(data)
        except OSError:  # of the temporary file in which a large body waits
            self.error, count = NoRoom("no room for the body"), len(data)
        if self.body_rcv is not None and not self.error:
            self._check_body()
        if self.error:
            # "Go on" must not be said to a client that is refused.
            self.completed, self.expect_continue, self.connection_close = True, False, True
        return count

    def _check_body(self) -> None:
        most = settings.MAX_BODY_BYTES_AT.get(self.path, settings.MAX_BODY_BYTES)
        # Of a chunked body waitress keeps what belongs to no chunk without a limit.
        lines = len(getattr(self.body_rcv, "control_line", b"")) + len(getattr(self.body_rcv, "trailer", b""))
        if max(self.content_length, self.body_bytes_received) > most:
            self.error = RequestEntityTooLarge(f"more than {most} bytes")
        elif lines > _MAX_CHUNK_LINE:
            self.error = BadRequest("a chunk without end")

    def refuse_late(self) -> None:
        """The request does not come in time."""
        self.error, self.completed = RequestTimeout("too slow"), True
        self.expect_continue, self.connection_close = False, True

    def asked_path(self) -> str:
        """The path as far as it was understood."""
        words = self.start.split(b"\r\n")[0].split(b" ")
        return words[1].decode("latin-1").split("?")[0] if len(words) > 1 else "/"


class Task(WSGITask):  # type: ignore[misc]
    """A request that the site answers; the connection stays open wherever HTTP allows it."""

    def set_close_on_finish(self) -> None:
        """Waitress would also close after an answer without a body (304) or of unknown length."""
        keeps = self.version == "1.1" and not self.request.connection_close and not self.channel.is_last
        if self.wrote_header or not keeps:
            super().set_close_on_finish()

    def build_response_header(self) -> bytes:
        """Status line and headers; the last answer of a connection says so."""
        if self.channel.is_last:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header

    def finish(self) -> None:
        """An answer to HEAD ends with its headers."""
        if self.request.command == "HEAD":
            self.chunked_response = False
        super().finish()


class RefusedTask(Task):
    """A request that is not passed on: the site only words the answer."""

    def execute(self) -> None:
        """Answer, then close."""
        error = self.request.error
        self.request.connection_close = self.channel.lingers = True
        if isinstance(error, InternalServerError):  # the site itself failed, even at wording errors
            self.complete = True
            ErrorTask.execute(self)
        else:
            super().execute()
        self.close_on_finish = True

    def get_environment(self) -> dict[str, Any]:
        """Where the request went to, and why it is refused."""
        path = self.request.asked_path()
        self.request.path = path if path.startswith("/") else "/"
        sent = self.request.headers
        self.request.headers = {"HOST": sent.get("HOST", "")}
        if "ACCEPT" in sent:
            self.request.headers["ACCEPT"] = sent["ACCEPT"]
        self.request.body_rcv = None
        environ: dict[str, Any] = super().get_environment()
        return environ | {REFUSED: self.request.error.code}


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    task_class, error_task_class, parser_class = Task, RefusedTask, Parser
    #: No further request is taken.
    is_last = False
    #: Its request is refused, and more of it may come.
    lingers = False
    drops_until = 0.0
    will_close: bool = False
    request: Parser | None = None

    def received(self, data: bytes) -> bool:
        """Bytes of a request, or of what follows one that was refused."""
        if self.drops_until:
            return False
        taken: bool = super().received(data)
        return taken

    def readable(self) -> bool:
        """Whether to wait for bytes."""
        return bool(self.drops_until) or super().readable()

    def handle_read(self) -> None:
        """Bytes, or the end."""
        super().handle_read()
        if self.drops_until and not self.connected:
            self.handle_close()

    def writable(self) -> bool:
        """Whether to wait until the client takes bytes."""
        return bool(super().writable()) and not (self.drops_until and not self.will_close)

    def handle_write(self) -> None:
        """Send; after a refusal go on reading for a while instead of closing at once."""
        if self.lingers and self.close_when_flushed and not self.will_close and not self.drops_until:
            self._flush_exception(self._flush_some)
            if self.total_outbufs_len or self.will_close:
                return
            self.drops_until = time.monotonic() + LINGER_SECONDS
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.will_close = True
            return
        super().handle_write()

    def tick(self, now: float, *, crowded: bool) -> None:
        """Close, or refuse, where the client took too long. `now`: monotonic seconds."""
        rests = time.time() - self.last_activity
        if self.drops_until:
            self.will_close = self.will_close or now > self.drops_until
        elif self.total_outbufs_len:
            self.will_close = self.will_close or rests > STALL_SECONDS
        elif self.requests:
            pass  # the site is at work
        elif self.request is None:
            most = LAST_WORDS_SECONDS if self.is_last else CROWDED_SECONDS if crowded else IDLE_SECONDS
            self.will_close = self.will_close or rests > most
        elif self._is_late(self.request, now, rests, crowded=crowded):
            self._refuse()

    @staticmethod
    def _is_late(request: Parser, now: float, rests: float, *, crowded: bool) -> bool:
        took = now - request.started
        if not request.headers_finished:
            return took > HEADER_SECONDS or (crowded and took > CROWDED_SECONDS)
        slow = took > STALL_SECONDS and request.body_bytes_received < BYTES_PER_SECOND * (
            took - STALL_SECONDS
        )
        return slow or rests > STALL_SECONDS or (crowded and rests > CROWDED_SECONDS)

    def _refuse(self) -> None:
        with self.requests_lock:
            if request := self.request:
                self.request = None
                request.refuse_late()
                self.requests.append(request)
        self.server.add_task(self)


class Worker(GunicornWorker):  # type: ignore[misc]
    """One process: a loop for all connections, and `threads` threads in which the site works."""

    def run(self) -> None:
        """Serve until told to stop, or until it is time for a fresh process."""
        _raise_file_limit()
        _return_memory()
        self._memory = Memory()
        self._map: dict[int, Any] = {}
        self._ticked = 0.0
        self._listen()
        while self.alive:
            self._turn()
            if self._is_spent():
                # The next one starts at once; gunicorn.conf.py's `child_exit` takes the place back.
                self.log.info("A fresh process takes over: %s MB, %s requests", rss() // 2**20, self.nr)
                os.kill(self.ppid, signal.SIGTTIN)
                break
        self._finish()

    def _listen(self) -> None:
        server = create_server(
            self._answer,
            map=self._map,
            sockets=[one.sock for one in self.sockets],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=self.cfg.worker_connections,
            channel_timeout=10**9,  # `Channel.tick` knows better
            max_request_header_size=_MAX_HEADER_BYTES,
            max_request_body_size=2**62,  # `Parser` has the limits
            outbuf_high_watermark=2**40,  # an answer never waits for its reader
            clear_untrusted_proxy_headers=False,  # carsite.middleware knows which to believe
            ident=None,
        )
        self._dispatcher = server.task_dispatcher
        self._servers = [one for one in self._map.values() if hasattr(one, "active_channels")]
        for one in self._servers:
            one.channel_class = Channel

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.nr += 1
        environ["wsgi.multiprocess"] = True
        answer: Iterable[bytes] = self.wsgi(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return answer
        getattr(answer, "close", lambda: None)()
        return []

    def _turn(self) -> None:
        wasyncore.loop(timeout=_TICK_SECONDS, use_poll=True, map=self._map, count=1)
        now = time.monotonic()
        if now - self._ticked < _TICK_SECONDS:
            return
        self._ticked = now
        self.notify()
        self._memory.look(now)
        if self.ppid != os.getppid():
            self.alive = False
        crowded = len(self._map) > CROWDED_SHARE * self.cfg.worker_connections
        for channel in self._channels():
            channel.tick(now, crowded=crowded)

    def _channels(self) -> list[Channel]:
        return [channel for one in self._servers for channel in list(one.active_channels.values())]

    def _is_spent(self) -> bool:
        return self.nr >= self.max_requests or self._memory.kept > settings.WEB_PROCESS_BYTES

    def _finish(self) -> None:
        """Take no new connection, and end those that are there: what has begun to come is answered."""
        for one in self._servers:
            self._map.pop(one.socket.fileno(), None)
            one.accepting = False
            one.socket.close()
        until = time.monotonic() + self.cfg.graceful_timeout
        while (channels := self._channels()) and time.monotonic() < until:
            for channel in channels:
                channel.is_last = True
            self._turn()
        self._dispatcher.shutdown(timeout=1)

    def handle_exit(self, sig: int, frame: object) -> None:
        """TERM: end what has begun."""
        super().handle_exit(sig, frame)
        for one in getattr(self, "_servers", []):
            one.pull_trigger()


def rss() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


class Memory:
    """What this process keeps of memory, not what it takes for a moment."""

    def __init__(self) -> None:
        #: Bytes: the least of the last minute.
        self.kept = 0
        self._since, self._least = time.monotonic(), 2**62

    def look(self, now: float) -> None:
        """Call now and then; `now`: monotonic seconds."""
        self._least = min(self._least, rss())
        if now - self._since >= _MEMORY_SECONDS:
            self.kept, self._since, self._least = self._least, now, 2**62


def _return_memory() -> None:
    """Give what a photo took back to the system when it is done.

    glibc takes the size of what was freed for the size up to which it keeps memory for later. So photos of
    some megapixels, in several threads, left holes in several heaps: 485 MB after 400 files instead of 90.
    Setting the size ends that. Other C libraries have no such habit.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)


def _raise_file_limit() -> None:
    """Each connection is a file, and each large body another one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # a service manager may forbid it
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
