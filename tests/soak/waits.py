"""How long each photo waited in peace: by this process's own steady clock, as those of the site may jump."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.soak.people import Person


class Waits(threading.Thread):
    """Notes when photos are answered, as the database's own notes (`tally.take_notes`) say, and when faults were.

    A photo that kills its worker is a fault itself, three times over, and is not answered.
    """

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True, name="waits")
        self._database = database
        self._stop_asked = threading.Event()
        self._ended: dict[str, float] = {}
        #: (began, ended) of each fault, one after the other.
        self._faults: list[tuple[float, float]] = []

    def run(self) -> None:
        """Look every moment for answers that are new."""
        seen = 0
        with contextlib.closing(sqlite3.connect(self._database, timeout=30)) as database:
            while not self._stop_asked.wait(0.1):
                query = "SELECT rowid, photo FROM soak_turn WHERE rowid > ? AND became = 'done'"
                for row, photo in database.execute(query, (seen,)).fetchall():
                    seen = row
                    self._ended[photo] = time.monotonic()

    def stop(self) -> None:
        """After a last look."""
        time.sleep(0.3)
        self._stop_asked.set()
        self.join(timeout=60)

    @contextlib.contextmanager
    def fault(self) -> Iterator[None]:
        """Something is broken meanwhile."""
        began = time.monotonic()
        yield
        self._faults.append((began, time.monotonic()))

    def slowest(self, people: list[Person]) -> float:
        """The longest that a photo waited for its answer, in seconds since it was taken and the last fault was over."""
        waits = [
            self._in_peace(at, self._ended[key])
            for person in people
            for number, at in person.taken_at.items()
            if (key := person.taken[number].replace("-", "")) in self._ended
        ]
        return max(waits, default=0.0)

    def _in_peace(self, taken: float, ended: float) -> float:
        since = max([taken, *(over for _, over in self._faults if over <= ended)])
        until = min([ended, *(began for began, over in self._faults if began <= ended < over)])
        return max(0.0, until - since)
