"""Starts services, waits until they are ready, keeps them running, and leaves none behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

WATCHDOG = Path(__file__).with_name("watchdog.py")
MAX_LOG_BYTES = 10 * 2**20
#: A service that ends more often than this within the window is given up.
MAX_RESTARTS = 3
RESTART_WINDOW_SECONDS = 120.0
#: How long the watchdog has for its end, once there is nothing left to watch.
WATCHDOG_SECONDS = 10.0


class ServiceFailedError(Exception):
    """A service does not start or does not stay up."""


@dataclass
class Service:
    """A process to run.

    `is_ready` says whether it does its work yet; it is asked again and again until it does.
    """

    name: str
    command: list[str]
    is_ready: Callable[[], bool] = lambda: True
    stop_seconds: float = 10.0
    #: Open files that it is given, such as a socket that listens.
    fds: tuple[int, ...] = ()


@dataclass
class _Running:
    service: Service
    process: subprocess.Popen[str]
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=5))
    reader: threading.Thread | None = None


class Supervisor:
    """Services in process groups of their own, their output in `log_dir` and, by `show`, on the console.

    Use as a context manager: at its end, however it comes, all services are stopped, the last one started
    first. A watchdog process does the same where this process is killed.
    """

    def __init__(self, *, log_dir: Path, env: Mapping[str, str], show: Callable[[str, str], None]) -> None:
        self._log_dir = log_dir
        self.env = dict(env)
        self._show = show
        self._running: list[_Running] = []
        self._retired: list[_Running] = []
        self._restarts: dict[str, list[float]] = {}
        self._hurry = False

    def __enter__(self) -> Supervisor:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        self._watchdog = subprocess.Popen(
            [sys.executable, str(WATCHDOG)], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        # All is stopped, so it has nothing to do. It sees that once nobody has its input open any more, and a
        # process that was forked beside may keep it.
        try:
            with contextlib.suppress(BrokenPipeError):
                self._watchdog.communicate(timeout=WATCHDOG_SECONDS)
        except subprocess.TimeoutExpired:
            self._watchdog.kill()
            self._watchdog.wait()

    # --- Starting -------------------------------------------------------------------------------------------
    def start(self, service: Service) -> subprocess.Popen[str]:
        """Start a service, and return its process, the leader of its group.

        It need not be ready yet: `wait_until_ready` waits for it.
        """
        self._running.append(self._spawn(service))
        return self._running[-1].process

    def _spawn(self, service: Service) -> _Running:
        process = subprocess.Popen(
            service.command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            pass_fds=service.fds,
        )
        self._tell_watchdog(f"+{process.pid}")
        running = _Running(service, process)
        running.reader = threading.Thread(target=self._read, args=(running,), daemon=True)
        running.reader.start()
        return running

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Return once every service is ready. Raises ServiceFailedError where one ends or takes too long."""
        until = time.monotonic() + seconds
        for running in list(self._running):
            self._wait_for(running, running.service.is_ready, until - time.monotonic())

    def _wait_for(self, running: _Running, is_ready: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not is_ready():
            if running.process.poll() is not None:
                raise ServiceFailedError(self._story(running, "ended while starting"))
            if time.monotonic() > until:
                waited = f"was not ready after {max(0.0, seconds):.0f} s"
                raise ServiceFailedError(self._story(running, waited))
            time.sleep(0.05)

    def run(self, service: Service) -> None:
        """Start a service that ends by itself, and wait for that.

        Raises ServiceFailedError where it fails.
        """
        running = self._spawn(service)
        self._running.append(running)
        while running.process.poll() is None:
            time.sleep(0.05)
        self._stop_one(running)
        self._running.remove(running)
        if running.process.returncode:
            raise ServiceFailedError(self._story(running, "failed"))

    # --- Keeping up -----------------------------------------------------------------------------------------
    def keep_running(self, *, until: Callable[[], bool], also: Callable[[], None] = lambda: None) -> None:
        """Restart services that end, until told to stop; do what `also` does now and then.

        Raises ServiceFailedError where a service does not stay up.
        """
        while not until():
            for running in list(self._running):
                if running.process.poll() is not None:
                    self._restart(running)
            for running in [one for one in self._retired if one.process.poll() is not None]:
                self._stop_one(running)
                self._retired.remove(running)
            also()
            time.sleep(0.3)

    def replace(self, name: str, *, serves: Callable[[int], bool], seconds: float = 120.0) -> None:
        """Start a service anew beside the running one, which ends its work once the new one serves.

        `serves` is given the new one's process number. Raises ServiceFailedError where it does not come up;
        the old one then goes on.
        """
        old = self._named(name)
        new = self._spawn(old.service)
        try:
            self._wait_for(new, lambda: serves(new.process.pid), seconds)
        except BaseException:
            self._stop_one(new)
            raise
        self._running[self._running.index(old)] = new
        self._retired.append(old)
        old.process.terminate()

    def restart(self, name: str) -> None:
        """Stop a service, then start it again."""
        old = self._named(name)
        self._stop_one(old)
        self._running[self._running.index(old)] = self._spawn(old.service)

    def _named(self, name: str) -> _Running:
        return next(running for running in self._running if running.service.name == name)

    def _restart(self, ended: _Running) -> None:
        name = ended.service.name
        now = time.monotonic()
        recent = [at for at in self._restarts.get(name, []) if now - at < RESTART_WINDOW_SECONDS]
        if len(recent) >= MAX_RESTARTS:
            raise ServiceFailedError(self._story(ended, f"ended {len(recent) + 1} times in a row"))
        self._restarts[name] = [*recent, now]
        self._show("carsite", self._story(ended, "ended and is started again"))
        self._stop_one(ended)  # what is left of its group
        self._running[self._running.index(ended)] = self._spawn(ended.service)

    def _story(self, running: _Running, what: str) -> str:
        """What happened to a service, its last words, and where to read more."""
        code = running.process.poll()
        if running.reader and code is not None:
            running.reader.join(timeout=1)
        how = "" if code is None else f" (signal {-code})" if code < 0 else f" (exit code {code})"
        last = f" Its last line: {running.last_lines[-1]}" if running.last_lines else ""
        return f"{running.service.name} {what}{how}.{last} All of it: {self._log_path(running.service.name)}"

    # --- Stopping -------------------------------------------------------------------------------------------
    def hurry(self) -> None:
        """Stop waiting for services to end their work."""
        self._hurry = True

    def stop(self) -> None:
        """Stop all services, the last one started first."""
        for services in (self._retired, self._running):
            while services:
                self._stop_one(services[-1])
                services.pop()

    def _stop_one(self, running: _Running) -> None:
        """Ask the leader to end its work, then end whatever is left of its group."""
        process = running.process
        if process.poll() is None:
            process.terminate()
        until = time.monotonic() + running.service.stop_seconds
        while process.poll() is None and time.monotonic() < until and not self._hurry:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._tell_watchdog(f"-{process.pid}")

    def _tell_watchdog(self, line: str) -> None:
        pipe: IO[str] = self._watchdog.stdin  # type: ignore[assignment]
        with contextlib.suppress(BrokenPipeError):
            pipe.write(line + "\n")
            pipe.flush()

    # --- Output ---------------------------------------------------------------------------------------------
    def _log_path(self, name: str) -> Path:
        return self._log_dir / f"{name}.log"

    def _read(self, running: _Running) -> None:
        """Copy a service's output to its log until it ends. One older log is kept."""
        path = self._log_path(running.service.name)
        if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
            path.rename(path.with_suffix(".log.1"))
        stream: IO[str] = running.process.stdout  # type: ignore[assignment]
        with path.open("a") as log, stream:
            for line in stream:
                with contextlib.suppress(OSError):  # a full disk must not stop the service behind this pipe
                    log.write(line)
                    log.flush()
                if text := line.rstrip():
                    running.last_lines.append(text)
                    self._show(running.service.name, text)
