"""Crawls in a container of their own, which has no secret and reaches nothing of the site.

    python -m scraper.crawl.apart attend SOCKET           there: takes jobs, each in a process of its own
    python -m scraper.crawl.apart ask SOCKET JOB.json     here: stands for the process of one crawl

Both sides see the folder of crawls, which the socket lies in; nothing else passes between them. `ask` behaves
as `python -m scraper.crawl` does: the crawl comes to an orderly end when its standard input closes or it is
killed, and it ends with the crawl's exit status.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from scraper.crawl.job import FILE

#: How long a crawl has for an orderly end once its asker is gone.
END_SECONDS = 60.0
_LONGEST_PATH = 4096
#: Exit status where nobody attends, or the job is refused (sysexits.h: "service unavailable").
UNAVAILABLE = 69


# --- In the crawler's container -----------------------------------------------------------------------------
def attend(path: Path) -> None:
    """Take jobs until the process is ended; crawls under way come to an orderly end then."""
    with contextlib.closing(listening(path)) as server:
        sys.stderr.write(f"Crawls of {path.parent} are taken at {path}.\n")
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_serve, args=(connection, path.parent), daemon=True).start()


def listening(path: Path) -> socket.socket:
    """A socket at `path`, in place of one that an earlier process left there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    path.chmod(0o600)
    server.listen()
    return server


def _serve(connection: socket.socket, folder: Path) -> None:
    """One crawl: its job is the first line, the end of the connection its end, its status the answer."""
    with connection, contextlib.suppress(ConnectionError):
        job = _first_line(connection)
        if not is_job(job, folder):
            connection.sendall(f"{UNAVAILABLE}\n".encode())
            return
        with _process(job) as process:
            threading.Thread(target=_end_with, args=(connection, process), daemon=True).start()
            connection.sendall(f"{process.wait()}\n".encode())
            connection.shutdown(
                socket.SHUT_RDWR
            )  # closing alone would not, as the other thread listens to it


def is_job(job: Path, folder: Path) -> bool:
    """Whether this names a job in a folder of the crawls; links lead nowhere else."""
    found = job.resolve()
    return found.name == FILE and found.is_relative_to(folder.resolve()) and found.is_file()


@contextlib.contextmanager
def _process(job: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (job.parent / "process.txt").open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  (our own module)
            [sys.executable, "-m", "scraper.crawl", str(job)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()


def _end_with(connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
    """Ask for an orderly end once the asker says no more, and end the crawl where that takes too long."""
    with contextlib.suppress(OSError):
        while connection.recv(_LONGEST_PATH):
            pass
    if process.stdin:
        process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    process.kill()


def _first_line(connection: socket.socket) -> Path:
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_PATH and (part := connection.recv(_LONGEST_PATH)):
        line += part
    return Path(os.fsdecode(line.strip()))


# --- Beside the site ----------------------------------------------------------------------------------------
def ask(path: Path, job: Path) -> int:
    """Have a crawl done and wait for its end; returns its exit status."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
            connection.sendall(os.fsencode(job) + b"\n")
        except OSError as error:
            sys.stderr.write(
                f"No crawler attends at {path}: {error.strerror}. Start it, or unset SCRAPE_SOCKET.\n"
            )
            return UNAVAILABLE
        threading.Thread(target=_close_with_input, args=(connection,), daemon=True).start()
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(64):
                answer += part
    return int(answer) & 0xFF if answer.strip().lstrip(b"-").isdigit() else UNAVAILABLE


def _close_with_input(connection: socket.socket) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def main(words: list[str]) -> int:
    """`attend SOCKET` or `ask SOCKET JOB.json`."""
    if words[0] == "attend":
        attend(Path(words[1]))
    return ask(Path(words[1]), Path(words[2]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
