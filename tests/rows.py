"""Short words for what tests of running sites do with photos and ask of their rows and files."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

from django.utils import timezone

from classifier.models import Identification
from core.leases import WAKE_AFTER
from tests.services import Page, Site, Visitor, paused, photo, wait_for

Status = Identification.Status


# --- Rows ---------------------------------------------------------------------------------------------------
def row_of(answer: Page) -> Identification:
    """The row that an upload's answer leads to."""
    assert answer.status in (200, 202), answer.text
    return Identification.objects.get(pk=answer.json()["url"].split("/")[-2])


def send(visitor: Visitor, seed: int) -> Identification:
    """Upload a photo that the visitor has not sent before; its row."""
    answer = visitor.upload(photo(seed))
    assert answer.status == 202, answer.text
    return row_of(answer)


def reached(row: Identification, status: str) -> bool:
    """Whether the row has got there."""
    row.refresh_from_db()
    return row.status == status


def answered_once(row: Identification, *, seconds: float = 60) -> None:
    """The row is done, with one set of predictions."""
    wait_for(lambda: reached(row, Status.DONE), what=f"the answer of {row}", seconds=seconds)
    ranks = list(row.predictions.values_list("rank", flat=True))
    assert ranks
    assert ranks == list(range(1, len(ranks) + 1))


def grow_old(*rows: Identification) -> None:
    """Make rows look as if their workers' leases had run out and their wake-ups had been sent long ago."""
    past = timezone.now() - 2 * WAKE_AFTER
    mine = Identification.objects.waiting().filter(pk__in=[row.pk for row in rows])
    mine.update(enqueued=past)
    mine.filter(status=Status.RUNNING).update(lease_until=past)


def sweep(site: Site) -> None:
    """Have the site swept, as beat does every 10 seconds."""
    site.send_task("classifier.tasks.sweep")


# --- Files --------------------------------------------------------------------------------------------------
def files(site: Site) -> list[str]:
    """Every file that is stored for photos on this machine."""
    media = site.var / "media"
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


def files_of_rows() -> list[str]:
    """Every file that a row names."""
    names = Identification.objects.values_list("photo", "thumbnail")
    return sorted(name for pair in names for name in pair)


def clear(site: Site) -> None:
    """Forget all photos, and their files on this machine."""
    Identification.objects.all().delete()
    for path in (site.var / "media").rglob("*"):
        if not path.is_dir():
            path.unlink()


# --- A photo whose worker is held in the middle of its task -------------------------------------------------
class Held:
    """A photo whose file is a pipe: the worker process that opens it blocks in the middle of its task."""

    def __init__(self, site: Site, row: Identification) -> None:
        self.site, self.row = site, row
        self.killed: set[int] = set()
        self.path = Path(site.var, "media", row.photo.name)
        self.content = self.path.read_bytes()
        self.path.unlink()
        os.mkfifo(self.path)

    def process(self, attempt: int = 1) -> int:
        """The worker process that is blocked by it, at its attempt of that number."""

        def find() -> int | None:
            self.row.refresh_from_db()
            if (self.row.status, self.row.attempt) != (Status.RUNNING, attempt):
                return None
            pids = [task["worker_pid"] for task in self.site.active() if task["args"] == [str(self.row.pk)]]
            return next((pid for pid in pids if pid not in self.killed), None)

        return wait_for(find, what=f"a worker process at attempt {attempt}")

    def kill(self, attempt: int = 1) -> None:
        """Kill the process that is blocked by it, as a lack of memory would."""
        pid = self.process(attempt)
        self.killed.add(pid)
        os.kill(pid, signal.SIGKILL)

    def give_back(self) -> Path:
        """A file again, for the process that opens it next; returns the pipe that blocks the first one."""
        pipe = self.path.with_suffix(".pipe")
        self.path.rename(pipe)
        self.path.write_bytes(self.content)
        return pipe

    def let_go(self) -> None:
        """A file again, and the blocked process reads the photo."""
        feed(self.give_back(), self.content)


def feed(pipe: Path, content: bytes) -> None:
    """Give the process that is blocked by a pipe what it reads, and remove the pipe.

    Fails the test where no process reads it (any more): a writer would wait for one for ever.
    """

    def opened() -> int | None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            return None  # nobody has opened it to read

    end = wait_for(opened, seconds=20, what="the blocked process, which its time limit may have ended")
    os.set_blocking(end, True)
    with os.fdopen(end, "wb") as file:
        file.write(content)
    pipe.unlink()


def send_held(site: Site, visitor: Visitor, seed: int) -> Held:
    """Upload a photo, and hold it before any worker can have seen it."""
    with paused(site.worker.pid):
        return Held(site, send(visitor, seed))
