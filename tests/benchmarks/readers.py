"""Readers of pages, in a process of their own so that their work is not that of who measures.

    python -m tests.benchmarks.readers CONNECTIONS URL PATH …

asks until standard input ends, then prints the seconds of each page and the number of errors as JSON.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Found:
    """What the readers found, once they have stopped."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0


@contextmanager
def read_pages(url: str, paths: Sequence[str], *, connections: int) -> Iterator[Found]:
    """Pages are read meanwhile, over and over."""
    words = [sys.executable, "-m", "tests.benchmarks.readers", str(connections), url, *paths]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    found = Found()
    try:
        assert process.stdout is not None
        process.stdout.readline()  # ready
        yield found
    finally:
        out, _ = process.communicate("")
    said = json.loads(out)
    found.seconds, found.errors = said["seconds"], said["errors"]


def _read(url: str, paths: Sequence[str], found: Found, stop: threading.Event) -> None:
    host = urlsplit(url).netloc
    connection = http.client.HTTPConnection(host, timeout=60)
    for path in cycle(paths):
        if stop.is_set():
            return
        started = time.perf_counter()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            found.errors += answer.status != 200
        except (OSError, http.client.HTTPException):
            found.errors += 1
            connection.close()
        found.seconds.append(time.perf_counter() - started)


def main(connections: str, url: str, *paths: str) -> None:
    """Read until told to stop."""
    found, stop = Found(), threading.Event()
    offsets = [paths[i % len(paths) :] + paths[: i % len(paths)] for i in range(int(connections))]
    threads = [threading.Thread(target=_read, args=(url, own, found, stop)) for own in offsets]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"seconds": found.seconds, "errors": found.errors}))


if __name__ == "__main__":
    main(*sys.argv[1:])
