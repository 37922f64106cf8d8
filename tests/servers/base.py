"""What all servers of tests have in common."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sysconfig
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from ops.supervisor import Service, Supervisor
from tests.services import free_port


class NotInstalled(Exception):
    """A server's program is not on this machine."""


class Server(ABC):
    """A server process that can be started, stopped and killed, again and again, on the same files."""

    name: ClassVar[str]
    program: Path
    #: What brings the program, in words for people.
    brought_by: ClassVar[str]
    stop_seconds: ClassVar[float] = 10.0

    def __init__(self) -> None:
        found = self.find()
        if found is None:
            raise NotInstalled(f"{self.name} is not installed: {self.brought_by} brings it.")
        self.program = found
        self.port = free_port()

    @classmethod
    @abstractmethod
    def find(cls) -> Path | None:
        """Its program, where it is installed."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Its address, as the site's settings take it."""

    @abstractmethod
    def command(self) -> list[str]:
        """What starts it."""

    def environment(self) -> dict[str, str]:
        """What it is told besides."""
        return {}

    def prepare(self) -> None:  # noqa: B027  (most need nothing)
        """Once, before it is started for the first time."""

    def finish(self) -> None:  # noqa: B027  (most need nothing)
        """Once, after it has been started for the first time."""

    def answers(self) -> bool:
        """Whether somebody listens at its port."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = self._supervisor.start(
            Service(self.name, self.command(), self.answers, stop_seconds=self.stop_seconds)
        )
        self._supervisor.wait_until_ready(120)

    def stop(self) -> None:
        """Stop it as an operator would."""
        self._supervisor.stop()

    def kill(self) -> None:
        """Kill it with everything it has started, as a lack of memory or a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self._supervisor.stop()

    def log(self) -> str:
        """What it has said so far."""
        return "".join(path.read_text(errors="replace") for path in (self.folder / "said").glob("*.log"))

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            self.folder = Path(tempfile.mkdtemp(prefix=f"carsite-{self.name}-"))
            opening.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.prepare()
            env = os.environ | {"HOME": str(self.folder)} | self.environment()
            self._supervisor = opening.enter_context(
                Supervisor(log_dir=self.folder / "said", env=env, show=lambda name, line: None)
            )
            self.start()
            self.finish()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()


def find_program(name: str, *patterns: str) -> Path | None:
    """A program on the PATH, in the environment's own folder, or else the last that a pattern finds below /."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    places = [found for pattern in patterns for found in sorted(Path("/").glob(pattern))]
    return places[-1] if places else Path(found) if (found := shutil.which(name, path=path)) else None
