"""A whole site for tests: real Redis, real worker, real web server, on a private folder, socket and port."""

from __future__ import annotations

import contextlib
import http.client
import http.cookiejar
import io
import json
import os
import shutil
import signal
import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import kombu.pools
import numpy as np
import psutil
from celery import Celery
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from carsite.env import VARIABLES
from ops import stack
from ops.supervisor import Supervisor

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
#: How long a service may take to start on a machine that has much else to do.
READY_SECONDS = 180.0


def wait_for(ask: Callable[[], T], *, seconds: float = 60.0, what: str = "") -> T:
    """Ask until the answer is true; fail the test where it is not in time."""
    until = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s in vain for {what or ask}"
        time.sleep(0.05)
    return answer


def is_alive(pid: int) -> bool:
    """Whether a process still does something; one that has ended and is only remembered does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@contextlib.contextmanager
def paused(pid: int) -> Iterator[None]:
    """The process is stopped (SIGSTOP) meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def photo(seed: int, *, size: tuple[int, int] = (320, 240)) -> bytes:
    """A JPEG of coloured blocks; each seed gives another one."""
    blocks = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST).save(out, "JPEG", quality=85)
    return out.getvalue()


def free_port() -> int:
    """A port of the loopback address on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- The site -----------------------------------------------------------------------------------------------
class Site:
    """A running site. Each service has a supervisor of its own, so that a test may stop and start it."""

    def __init__(
        self, database: Path | None, bundle: Path | None = None, *, beat: bool = False, **environment: str
    ) -> None:
        # Not pytest's folder: a Unix socket's path has to be short.
        self.var = Path(tempfile.mkdtemp(prefix="carsite-site-"))
        if database:
            shutil.copyfile(database, self.var / "db.sqlite3")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redis_socket = self.var / "redis.sock"
        self.broker_url = f"redis+socket://{self.redis_socket}?virtual_host=0"
        # Set, not removed: what is set here wins over a developer's .env.
        self.env = os.environ | {variable.name: variable.default or "" for variable in VARIABLES}
        self.env |= {
            "DJANGO_SETTINGS_MODULE": "carsite.settings",
            "DEBUG": "1",
            "VAR_DIR": str(self.var),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "SITE_URL": self.url,
            "MODEL_BUNDLE": str(bundle or ""),
            "UPLOADS_PER_DAY": "100000",
            "GUEST_UPLOADS_PER_HOUR": "100000",
            "PYTHONPATH": str(ROOT),
        } | environment
        self.bundle = bundle
        names = ("redis", "worker", "trainer", "web", "beat")
        self._supervisors = {name: self._supervisor() for name in names}
        self._has_beat = beat
        self._celery: Celery | None = None

    def _supervisor(self) -> Supervisor:
        return Supervisor(log_dir=self.var / "log", env=self.env, show=lambda name, line: None)

    def __enter__(self) -> Site:
        self._open = contextlib.ExitStack()
        self._open.callback(shutil.rmtree, self.var, ignore_errors=True)
        for supervisor in self._supervisors.values():
            self._open.enter_context(supervisor)
        try:
            self.start_redis()
            self.start_worker()
            self.start_web()
            if self._has_beat:
                self._supervisors["beat"].start(stack.beat())
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    # --- Services -------------------------------------------------------------------------------------------
    def start_redis(self) -> None:
        """Start Redis and wait for it; what was connected to an earlier one is forgotten."""
        kombu.pools.reset()
        self.redis = self._supervisors["redis"].start(
            stack.redis_server(self.redis_socket, self.var / "redis")
        )
        self._supervisors["redis"].wait_until_ready(READY_SECONDS)

    @property
    def celery(self) -> Celery:
        """A Celery app on the site's broker.

        Made anew where a site's start has closed all connections of this process.
        """
        if self._celery is None or self._celery.pool._closed:
            # Without fixups: Celery's own for Django would bind the site's tasks to this app.
            self._celery = Celery(broker=self.broker_url, set_as_current=False, fixups=[])
        return self._celery

    def start_worker(self) -> None:
        """Start a worker of two processes and wait for it."""
        self.worker = self._supervisors["worker"].start(stack.worker(2, asker=self.celery))
        self._supervisors["worker"].wait_until_ready(READY_SECONDS)

    def start_trainer(self) -> None:
        """Start the worker for training runs; its messages wait for it."""
        self.trainer = self._supervisors["trainer"].start(stack.trainer())

    def start_web(self) -> None:
        """Start the web server and wait for it."""
        self.web = self._supervisors["web"].start(stack.web_server("127.0.0.1", self.port))
        self._supervisors["web"].wait_until_ready(READY_SECONDS)

    def set_environment(self, name: str, **environment: str) -> None:
        """Change what a service is told at its next start."""
        self._supervisors[name].env |= environment

    def stop(self, name: str) -> None:
        """Stop a service as `manage.py up` would."""
        self._supervisors[name].stop()

    def log(self, name: str) -> str:
        """What a service has said so far."""
        return (self.var / "log" / f"{name}.log").read_text()

    # --- The queue ------------------------------------------------------------------------------------------
    def send_task(self, name: str, *args: str | int, queue: str = "default") -> None:
        """Put a task into the queue, as beat or the web server would."""
        self.celery.send_task(name, args, queue=queue)

    def active(self) -> list[dict[str, Any]]:
        """What the worker's processes do right now: each with `name`, `args` and `worker_pid`."""
        return self._of_worker("active")

    def is_idle(self) -> bool:
        """Whether every message is taken and every task that was taken has ended."""
        with stack.redis_client(self.redis_socket) as client:
            waiting = int(client.llen("identify")) + int(client.llen("default"))
        return not (waiting or self._of_worker("reserved") or self._of_worker("active"))

    def _of_worker(self, what: str) -> list[dict[str, Any]]:
        asked = self.celery.control.inspect(destination=[stack.worker_name()], timeout=2, limit=1)
        return [task for tasks in (getattr(asked, what)() or {}).values() for task in tasks]

    # --- The database ---------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def database(self, blocker: Any) -> Iterator[None]:
        """The test's own queries go to this site's database, each committed at once."""
        connection = connections["default"]
        before = dict(connection.settings_dict)
        options = before["OPTIONS"] | {"init_command": "PRAGMA busy_timeout=20000;"}
        with blocker.unblock():
            connection.close()
            connection.settings_dict |= {"NAME": str(self.var / "db.sqlite3"), "OPTIONS": options}
            try:
                yield
            finally:
                connection.close()
                connection.settings_dict |= before


# --- A visitor ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Page:
    """An answer of the site, after redirects."""

    status: int
    url: str
    text: str
    seconds: float

    def json(self) -> Any:
        return json.loads(self.text)


class Visitor:
    """A browser without JavaScript: cookies, CSRF tokens, redirects."""

    #: Seconds that an answer may take; longer than any limit of the site, on a machine that much else runs
    #: on.
    patience = 90.0

    def __init__(self, url: str) -> None:
        self._url = url
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._jar)
        )

    def get(self, path: str, **headers: str) -> Page:
        """The page at a path of the site."""
        return self._send(urllib.request.Request(self._url + path, headers=headers))

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> Page:
        """Send a form; values that are files make it multipart."""
        fields = {"csrfmiddlewaretoken": self._token()} | fields
        if any(hasattr(value, "read") for value in fields.values()):
            body, kind = encode_multipart(BOUNDARY, fields), MULTIPART_CONTENT
        else:
            body, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, "Referer": self._url + path} | headers
        return self._send(urllib.request.Request(self._url + path, data=body, headers=headers))

    def upload(self, content: bytes, name: str = "car.jpg") -> Page:
        """Send a photo as the home page's script does; the answer is JSON."""
        file = SimpleUploadedFile(name, content, "image/jpeg")
        return self.post("/identify/", {"photos": file}, Accept="application/json")

    def cookies(self) -> list[http.cookiejar.Cookie]:
        """What the site has it keep."""
        return list(self._jar)

    def _token(self) -> str:
        for _ in range(2):
            for cookie in self._jar:
                if cookie.name == "csrftoken":
                    return str(cookie.value)
            self.get("/accounts/login/")
        raise AssertionError("the site set no CSRF cookie")

    def _send(self, request: urllib.request.Request) -> Page:
        started = time.monotonic()
        try:
            with self._opener.open(request, timeout=self.patience) as response:
                text = response.read().decode(errors="replace")
                status, url = response.status, response.url
        except urllib.error.HTTPError as error:
            status, url, text = error.code, request.full_url, error.read().decode(errors="replace")
        return Page(status, url.removeprefix(self._url), text, time.monotonic() - started)
