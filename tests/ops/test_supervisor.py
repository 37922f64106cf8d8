"""Services start in order, are waited for and restarted, and none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ops.supervisor import MAX_RESTARTS, Service, ServiceFailedError, Supervisor
from tests.services import is_alive, wait_for

#: Starts a child of its own, says both process numbers, and does nothing more.
FAMILY = "import os, subprocess, sys, time; c = subprocess.Popen(['sleep', '600']); print(os.getpid(), c.pid, flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def lines() -> list[tuple[str, str]]:
    """What services said, as it came."""
    return []


@pytest.fixture
def supervisor(tmp_path: Path, lines: list[tuple[str, str]]) -> Supervisor:
    return Supervisor(log_dir=tmp_path / "log", env=os.environ, show=lambda *said: lines.append(said))


def said(lines: list[tuple[str, str]], name: str) -> Callable[[], str | None]:
    """The last line of a service, once there is one."""
    return lambda: next((line for who, line in reversed(lines) if who == name), None)


def test_output_goes_to_the_log_and_to_the_console(supervisor, lines, tmp_path):
    with supervisor:
        supervisor.start(Service("echo", python("print('hello', flush=True); import time; time.sleep(600)")))
        assert wait_for(said(lines, "echo")) == "hello"
    assert (tmp_path / "log" / "echo.log").read_text() == "hello\n"


def test_a_service_is_waited_for_until_it_is_ready(supervisor, tmp_path):
    door = tmp_path / "door"
    code = f"import time, pathlib; time.sleep(0.3); pathlib.Path({str(door)!r}).touch(); time.sleep(600)"
    with supervisor:
        supervisor.start(Service("slow", python(code), door.exists))
        assert not door.exists()
        supervisor.wait_until_ready()
        assert door.exists()


def test_a_service_that_ends_while_starting_is_told_with_its_last_line(supervisor):
    with supervisor:
        supervisor.start(
            Service("broken", python("print('no such thing'); raise SystemExit(3)"), lambda: False)
        )
        with pytest.raises(
            ServiceFailedError,
            match=r"broken ended while starting \(exit code 3\).*no such thing.*broken\.log",
        ):
            supervisor.wait_until_ready()


def test_a_service_that_is_never_ready_is_told(supervisor):
    with supervisor:
        supervisor.start(Service("slow", python("import time; time.sleep(600)"), lambda: False))
        with pytest.raises(ServiceFailedError, match="slow was not ready after 0 s"):
            supervisor.wait_until_ready(seconds=0.2)


def test_stopping_ends_children_of_services_too(supervisor, lines):
    with supervisor:
        supervisor.start(Service("family", python(FAMILY)))
        pids = [int(word) for word in wait_for(said(lines, "family")).split()]
        assert all(is_alive(pid) for pid in pids)
    wait_for(lambda: not any(is_alive(pid) for pid in pids), what="the end of the family")


def test_a_service_that_ignores_the_request_to_end_is_killed(supervisor, lines):
    with supervisor:
        process = supervisor.start(Service("stubborn", python(STUBBORN), stop_seconds=0.2))
        wait_for(said(lines, "stubborn"))
    assert process.returncode == -signal.SIGKILL


def test_services_stop_in_the_opposite_order(supervisor, lines):
    code = "import signal, sys, time\ndef end(*_):\n print('ends', flush=True); sys.exit()\nsignal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    with supervisor:
        for name in ("first", "second"):
            supervisor.start(Service(name, python(code)))
            wait_for(said(lines, name))
    wait_for(lambda: len(lines) == 4)
    assert lines[2:] == [("second", "ends"), ("first", "ends")]


def test_a_service_that_dies_is_reported_and_started_again(supervisor, lines):
    with supervisor:
        supervisor.start(Service("family", python(FAMILY)))
        first, child = (int(word) for word in wait_for(said(lines, "family")).split())
        os.kill(first, signal.SIGKILL)
        started = lambda: [line for name, line in lines if name == "family"][1:]  # noqa: E731
        supervisor.keep_running(until=lambda: bool(started()))
        assert int(started()[0].split()[0]) != first
        assert not is_alive(child), "what the dead service had started is left"
        assert "family ended and is started again (signal 9)" in wait_for(said(lines, "carsite"))


def test_a_service_that_keeps_dying_is_given_up(supervisor, lines):
    with supervisor:
        supervisor.start(Service("broken", python("raise SystemExit(1)")))
        with pytest.raises(ServiceFailedError, match=f"broken ended {MAX_RESTARTS + 1} times"):
            supervisor.keep_running(until=lambda: False)
    assert sum(name == "carsite" for name, _ in lines) == MAX_RESTARTS


def test_services_end_when_the_supervisor_is_killed(tmp_path):
    script = textwrap.dedent(f"""
        import os, sys, time
        from pathlib import Path
        from ops.supervisor import Service, Supervisor
        with Supervisor(log_dir=Path({str(tmp_path)!r}), env=os.environ, show=lambda name, line: print(line, flush=True)) as s:
            s.start(Service("family", [sys.executable, "-c", {FAMILY!r}]))
            time.sleep(600)
    """)
    with subprocess.Popen(
        python(script), stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        pids = [int(word) for word in process.stdout.readline().split()]
        assert len(pids) == 2
        watchdogs = [child.pid for child in psutil.Process(process.pid).children() if child.pid not in pids]
        process.kill()
    wait_for(lambda: not any(is_alive(pid) for pid in [*pids, *watchdogs]), what="the watchdog's work")


def test_a_process_that_was_forked_beside_does_not_hold_up_the_end(supervisor, monkeypatch):
    """It has a copy of the pipe by whose end the watchdog sees that there is nothing left to watch."""
    monkeypatch.setattr("ops.supervisor.WATCHDOG_SECONDS", 1.0)
    with supervisor:
        supervisor.start(Service("idle", python("import time; time.sleep(600)")))
        forked = subprocess.Popen(["sleep", "600"], pass_fds=[supervisor._watchdog.stdin.fileno()])
    try:
        assert supervisor._watchdog.returncode is not None
    finally:
        forked.kill()
        forked.wait()
