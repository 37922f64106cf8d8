"""What may break around a running site, done to real processes: each fault can be undone, and is when its block ends."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from ops import stack
from tests.services import ROOT, Site, wait_for

#: Machines that are slow because much else runs on them are no fault.
READY_SECONDS = 300.0
CLOCK_SOURCE = Path(__file__).with_name("clock.c")


class FaultySite(Site):
    """A site that can be broken in every way of this module, and whose worker dies of poisonous photos (`poison`)."""

    def __init__(self, database: Path, bundle: Path, **environment: str) -> None:
        super().__init__(database, bundle, **environment)
        self.clock = Clock(self.var)
        self.env |= self.clock.environment()
        for name in ("redis", "worker", "web", "beat", "spare worker"):
            self._supervisors[name] = self._supervisor()

    # --- Services -------------------------------------------------------------------------------------------
    def start_worker(self) -> None:
        """Start a worker of two processes and wait for it."""
        self.worker = self._start_worker("worker", stack.worker_name())

    def start_spare_worker(self) -> None:
        """Start a second worker, as a deployment does before it stops the first, and wait for it."""
        self.spare_worker = self._start_worker("spare worker", f"spare-{stack.worker_name()}")

    def _start_worker(self, service: str, name: str) -> subprocess.Popen[str]:
        found = stack.worker(2, asker=self.celery)
        found.name = service
        found.command = [name if word == stack.worker_name() else word for word in found.command]
        found.command += ["--include", "tests.faults.poison"]
        before = self._times_ready(service)
        # Asked by a message it would not answer while its clock is wrong: such messages expire.
        found.is_ready = lambda: self._times_ready(service) > before
        process = self._supervisors[service].start(found)
        self._supervisors[service].wait_until_ready(READY_SECONDS)
        return process

    def _times_ready(self, service: str) -> int:
        path = self.var / "log" / f"{service}.log"
        return path.read_text().count(" ready.") if path.exists() else 0

    def start_web(self) -> None:
        """Start the web server and wait for it."""
        self.web = self._supervisors["web"].start(stack.web_server("127.0.0.1", self.port))
        self._supervisors["web"].wait_until_ready(READY_SECONDS)

    def start_beat(self) -> None:
        """Start Celery's clock."""
        self.beat = self._supervisors["beat"].start(stack.beat())

    def reload_web(self) -> None:
        """Let the web server start new processes and end the old ones once they have answered."""
        before = set(self.children("web"))
        self.web.send_signal(signal.SIGHUP)
        wait_for(lambda: not before & set(self.children("web")), what="the old web processes to end")

    def drop_messages(self) -> None:
        """Lose whatever waits in the queue."""
        with stack.redis_client(self.redis_socket) as client:
            client.delete("identify", "default", "unacked", "unacked_index")

    def kill(self, name: str) -> None:
        """Kill a service with all its processes, as a power cut would; `start_…` starts it again."""
        process: subprocess.Popen[str] = getattr(self, name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        self.stop(name)

    def children(self, name: str) -> list[int]:
        """The processes that a service's first one started: a worker's pool, a web server's workers."""
        with contextlib.suppress(psutil.Error):
            found = psutil.Process(getattr(self, name).pid).children()
            return [child.pid for child in found if child.status() != psutil.STATUS_ZOMBIE]
        return []

    def manage(self, *words: str) -> str:
        """What a management command of the site says."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # --- Faults ---------------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def redis_without_its_file(self) -> Iterator[None]:
        """Redis is killed and what it wrote is gone; afterwards a new, empty one is there."""
        self.kill("redis")
        shutil.rmtree(self.var / "redis")
        yield
        self.start_redis()

    @contextlib.contextmanager
    def full_disk(self, name: str, *, room: int = 2048) -> Iterator[None]:
        """No process of a service can make a file longer than `room` bytes: photos are cut short, the database can't grow."""
        self._limit_files(name, room)
        try:
            yield
        finally:
            self._limit_files(name, resource.RLIM_INFINITY)

    def _limit_files(self, name: str, size: int) -> None:
        for pid in (getattr(self, name).pid, *self.children(name)):
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                _, hard = process.rlimit(psutil.RLIMIT_FSIZE)
                process.rlimit(psutil.RLIMIT_FSIZE, (size, hard))

    @contextlib.contextmanager
    def storage_away(self) -> Iterator[None]:
        """Where photos are kept is no folder any more, as when a disk is not mounted."""
        media = self.var / "media"
        away = media.with_name("media-away")
        media.mkdir(exist_ok=True)
        media.rename(away)
        media.touch()
        try:
            yield
        finally:
            media.unlink()
            away.rename(media)

    @contextlib.contextmanager
    def database_locked(self) -> Iterator[None]:
        """Another program writes to the SQLite file and does not end."""
        other = sqlite3.connect(self.var / "db.sqlite3", timeout=20, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            yield
        finally:
            with contextlib.suppress(sqlite3.Error):
                other.execute("ROLLBACK")
            other.close()

    @contextlib.contextmanager
    def garbage_for_a_model(self, *, garbage: bytes = b"no model " * 999) -> Iterator[None]:
        """The model file holds something else, and `bundle.json` is looked at again."""
        model, card = self.bundle / "model.onnx", self.bundle / "bundle.json"
        content = model.read_bytes()
        model.write_bytes(garbage)
        os.utime(card)
        try:
            yield
        finally:
            model.write_bytes(content)
            os.utime(card)

    def kill_children(self, name: str) -> set[int]:
        """Kill the processes that a service's first one started, and wait until it has started others."""
        before = set(self.children(name))
        for pid in before:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(
            lambda: len(set(self.children(name)) - before) >= len(before), what=f"new processes of {name}"
        )
        return before


class Clock:
    """The clock of a site's processes: the machine's own, until it jumps. Without a C compiler it can't (`jumps`)."""

    def __init__(self, folder: Path) -> None:
        self._file, self._library = folder / "clock-offset", folder / "clock.so"
        self._file.write_bytes(struct.pack("l", 0))
        compiler = shutil.which("cc")
        words = ["-shared", "-fPIC", "-O1", "-o", str(self._library), str(CLOCK_SOURCE)]
        self.jumps = bool(compiler) and subprocess.run([str(compiler), *words], check=False).returncode == 0

    def environment(self) -> dict[str, str]:
        """What processes are started with so that they follow it."""
        if not self.jumps:
            return {}
        return {"LD_PRELOAD": str(self._library), "CLOCK_OFFSET_FILE": str(self._file)}

    @contextlib.contextmanager
    def set_by(self, seconds: int) -> Iterator[None]:
        """The clock is wrong by so many seconds meanwhile, and right again at once afterwards."""
        self.write(seconds)
        try:
            yield
        finally:
            self.write(0)

    def write(self, seconds: int) -> None:
        """Let it be wrong by so many seconds from now on."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("l", seconds))
