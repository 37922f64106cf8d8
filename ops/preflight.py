"""Checks before the site starts. Each raises CommandError with one line that says what to do."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError

NEEDED_BYTES = 500 * 2**20
_BACKLOG = 1024


def usable_folder(folder: Path) -> None:
    """Make the folder where it is missing, and see that it can be written to and has room."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        free = shutil.disk_usage(folder).free
    except OSError as error:
        if error.errno == errno.ENOSPC:
            free = 0
        else:
            raise CommandError(
                f"{folder} can't be written to ({error.strerror}). Run the site as the folder's owner, "
                "or set VAR_DIR to a folder of your own."
            ) from None
    if free < NEEDED_BYTES:
        raise CommandError(
            f"The disk of {folder} has {free // 2**20} MB left and {NEEDED_BYTES // 2**20} MB are needed. "
            "Free some space, or set VAR_DIR to a folder on another disk."
        )


def lock(path: Path, note: str) -> IO[str]:
    """Lock a folder until the returned file is closed or the process ends; `note` says who holds it."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        raise CommandError(
            f"Carsite already runs in this folder: {holder}. Use that one, stop it with Ctrl-C where it "
            "runs, or set VAR_DIR to another folder for a second site."
        ) from None
    file.truncate(0)
    file.write(note)
    file.flush()
    return file


def listener(host: str, port: str) -> socket.socket:
    """A socket that listens there, if the port is a number and no other process has it.

    From now on connections wait instead of being refused, whatever happens to the server behind it.
    """
    if not (port.isdecimal() and 0 < int(port) < 2**16):
        raise CommandError(f"PORT has to be a number from 1 to 65535, not {port!r}. Try: make run PORT=8001")
    number = int(port)
    one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, number))
        one.listen(_BACKLOG)
    except OSError as error:
        one.close()
        raise CommandError(_port_message(error, host, number)) from None
    return one


def _port_message(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program. Choose another one: make run PORT={_next_free(port)}"
        )
    if error.errno == errno.EACCES:
        return (
            f"Ports below 1024, such as {port}, are for the superuser. Choose another one: make run PORT=8000"
        )
    return (
        f"The site can't listen at {host}, port {port}: {os.strerror(error.errno or 0)}. "
        "HOST has to be an address of this machine."
    )


def _next_free(port: int) -> int:
    """A port near the wanted one that is free right now."""
    for candidate in range(port + 1, min(port + 50, 2**16)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", candidate)):
                return candidate
    return 8000
