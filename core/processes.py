"""Names of processes, no two of which are the same, and whether the process of a name still runs."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path

_PROC = Path("/proc")
#: How long a name is at most.
LONGEST = 120


def own_name() -> str:
    """The name of this process."""
    return name_of(os.getpid())


def name_of(pid: int) -> str:
    """The name of a process of this machine that runs: machine, number and when it was started."""
    return f"{_table()}:{pid}:{_started(pid) or ''}"[-LONGEST:]


def lives(name: str) -> bool | None:
    """Whether the process of a name still runs; None where that can't be known from here."""
    table, _, number = name.rpartition(":")[0].rpartition(":")
    started = name.rpartition(":")[2]
    if table != _table() or not number.isdecimal():
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started(int(number)) == started if started else True


@lru_cache(maxsize=1)
def _table() -> str:
    """What a process number belongs to: the machine, from one start to the next, and in it a container."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()[:8]
        space = (_PROC / "self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:  # no Linux
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}-{space}"


def _started(pid: int) -> str | None:
    """When a process was started, in ticks of the kernel's clock, which nobody sets.

    None where the system has no such files, where there is no such process, and where it has ended and is
    only remembered.
    """
    try:
        # "PID (NAME) STATE …", and a name may hold spaces and brackets; the start is field 22.
        state, *fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else fields[18]
