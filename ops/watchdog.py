"""Stops the services of `manage.py up` where it can't do so itself any more: killed, crashed, out of memory.

Run by `ops.supervisor` in a session of its own. Standard input brings "+PID" for each service that starts and
"-PID" for each that has ended; its end means that the supervisor is gone. PID is the leader of a process
group.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 8.0


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def stop_group(group: int) -> None:
    """Ask the leader to end its work, then end whatever is left of the group."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(group, signal.SIGTERM)
    until = time.monotonic() + GRACE_SECONDS
    while _exists(group) and time.monotonic() < until:
        time.sleep(0.1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Keep the list until the supervisor is gone, then stop what is on it, the last one started first."""
    groups: list[int] = []
    for line in sys.stdin:
        sign, group = line[0], int(line[1:])
        if sign == "+":
            groups.append(group)
        else:
            groups.remove(group)
    for group in reversed(groups):
        stop_group(group)


if __name__ == "__main__":
    main()
