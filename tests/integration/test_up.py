"""`manage.py up`, started as `make run` starts it: it comes up whole, and nothing of it is left behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from carsite.env import VARIABLES
from tests.ops.test_privacy import open_to_others
from tests.services import ROOT, free_port, is_alive, wait_for

#: On a machine that has much else to do.
READY_SECONDS = 300.0


class Up:
    """A running `manage.py up` in a folder of its own."""

    def __init__(
        self,
        var: Path,
        *,
        port: int | None = None,
        root: Path = ROOT,
        python: str = sys.executable,
        **environment: str,
    ) -> None:
        self.var, self.port = var, port or free_port()
        env = os.environ | {variable.name: variable.default or "" for variable in VARIABLES}
        env |= {
            "DEBUG": "1",
            "VAR_DIR": str(var),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "carsite.settings",
        } | environment
        self.process = subprocess.Popen(
            [python, "manage.py", "up"],
            cwd=root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until_ready(self, words: str = "Ctrl-C stops everything") -> str:
        """What it says until it is ready, or until it says `words`; the test fails where it ends before."""
        said = ""
        hung = threading.Timer(READY_SECONDS, self.process.kill)  # which ends the loop, as its output ends
        hung.start()
        try:
            assert self.process.stdout
            for line in self.process.stdout:
                said += line
                if words in line:
                    return said
        finally:
            hung.cancel()
        raise AssertionError(f"it ended with {self.process.wait(30)}, or was not ready in time: {said}")

    def last_words(self) -> str:
        """What it says until it ends by itself."""
        try:
            return self.process.communicate(timeout=120)[0]
        except subprocess.TimeoutExpired as hangs:
            self.process.kill()  # its watchdog stops the rest
            raise AssertionError(f"it did not end within {hangs.timeout:.0f} s") from None

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as response:
            return response.status

    def family(self) -> dict[str, int]:
        """Every process it has started, and theirs: process numbers by what it is."""
        found = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has just ended
                words = " ".join(child.cmdline())
                for name in ("valkey-server", "gunicorn", " worker ", " beat ", "watchdog.py"):
                    if name in words:
                        found[f"{name.strip()} {child.pid}"] = child.pid
        return found


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder whose path is short enough for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="carsite-up-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_the_site_comes_up_refuses_a_second_one_and_leaves_nothing_behind(var: Path) -> None:
    up = Up(var)
    try:
        said = up.until_ready()
        assert f"http://127.0.0.1:{up.port}" in said
        assert "demo@carsite.example" in said
        for path in ("/healthz", "/readyz", "/cars/", "/dealers/"):
            assert up.get(path) == 200
        family = up.family()
        assert {name.split()[0] for name in family} == {
            "valkey-server",
            "gunicorn",
            "worker",
            "beat",
            "watchdog.py",
        }
        assert "already runs in this folder" in Up(var).last_words()
        with tempfile.TemporaryDirectory(prefix="carsite-up-") as other:
            assert f"Port {up.port} is taken" in Up(Path(other), port=up.port).last_words()

        beat = next(name for name in family if name.startswith("beat"))
        os.kill(family[beat], signal.SIGKILL)
        wait_for(lambda: any(name.startswith("beat") and name != beat for name in up.family()))
        family |= up.family()
    finally:
        up.process.send_signal(signal.SIGINT)
        last_words = up.last_words()
    assert up.process.returncode == 0
    assert "beat ended and is started again (signal 9)" in last_words
    assert "Everything is stopped." in last_words
    assert not any(is_alive(pid) for pid in family.values())

    # Again, with nothing to prepare; and this time it is killed.
    up = Up(var)
    try:
        assert "up to date" not in up.until_ready()
        family = up.family()
        assert len(family) >= 5
    finally:
        up.process.kill()
    wait_for(lambda: not any(is_alive(pid) for pid in family.values()), what="the watchdog's work")
    up.process.communicate(timeout=60)

    assert open_to_others(var) == []


class Callers:
    """Visitors who ask all the time, some on new connections and some on kept ones; what went wrong for them."""

    def __init__(self, port: int) -> None:
        self.port, self.pages = port, 0
        self.errors: list[object] = []
        self._end = threading.Event()
        kinds = (True, True, False, False)
        self._threads = [threading.Thread(target=self._ask, args=(keeps,)) for keeps in kinds]

    def __enter__(self) -> Callers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._end.is_set():
            try:
                connection.request("GET", "/healthz", headers={} if keeps else {"Connection": "close"})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(error)
                connection.close()
            else:
                self.pages += 1
                self.errors += [answer.status] if answer.status != 200 else []
            time.sleep(0.02)
        connection.close()


def test_a_new_version_takes_over_and_nobody_notices(var: Path) -> None:
    """Web server, worker and beat are new; no request is refused or cut, not even a slow one."""
    up = Up(var)
    try:
        up.until_ready()
        before = up.family()
        slow = http.client.HTTPConnection("127.0.0.1", up.port, timeout=60)
        slow.putrequest("POST", "/theme/")
        slow.putheader("Content-Type", "application/x-www-form-urlencoded")
        slow.putheader("Content-Length", "10")
        slow.endheaders(b"theme")
        with Callers(up.port) as callers:
            wait_for(lambda: callers.pages > 10)
            up.process.send_signal(signal.SIGUSR2)
            up.until_ready("The new version serves.")
            asked = callers.pages
            wait_for(lambda: callers.pages > asked + 10)
        assert callers.errors == []
        slow.send(b"=dark")
        assert slow.getresponse().status < 500  # answered by the version that took it
        slow.close()
        after = up.family()
        assert {name.split()[0] for name in after} == {name.split()[0] for name in before}
        stayed = {name for name in before if name.startswith(("redis", "valkey", "watchdog"))}
        wait_for(
            lambda: before.keys() & up.family().keys() <= stayed, what=f"the end of {before.keys() - stayed}"
        )
    finally:
        up.process.send_signal(signal.SIGTERM)
        up.last_words()
    assert up.process.returncode == 0
    assert not any(is_alive(pid) for pid in (before | after).values())


def test_it_ends_within_two_seconds_also_while_it_prepares(var: Path) -> None:
    public: dict[str, Any] = {
        "DEBUG": "0",
        "SECRET_KEY": "a-secret-of-this-test-that-is-long-enough",
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    up = Up(var, **public)
    up.until_ready("up to date ...")
    time.sleep(2.5)  # it collects, or migrates
    started = time.monotonic()
    up.process.send_signal(signal.SIGTERM)
    up.until_ready("Everything is stopped.")
    assert time.monotonic() - started < 2
    up.last_words()
    assert up.process.returncode == 0
