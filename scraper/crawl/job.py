"""What one crawl is asked to do, as a file.

The process that crawls knows neither the site's settings nor its database.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.text import squash

FILE = "job.json"


@dataclass(frozen=True)
class Job:
    """A crawl. Times are seconds, sizes bytes; `at_once` requests are sent to a host at the same time.

    `addresses` replace the source's own first pages; `follow` and `more` its patterns of a car's page and of
    a list's. `limit` is the most car pages to ask for, 0: all. `private` names what may be reached of private
    networks, each "ADDRESS:PORT". Pages kept since `fresh_since` (Unix time) are not asked for again; with
    `replay` no page is, however old.
    """

    source: str
    folder: str
    cache: str
    user_agent: str
    addresses: tuple[str, ...] = ()
    follow: str = ""
    more: str = ""
    only: dict[str, str] = field(default_factory=dict)
    limit: int = 0
    private: tuple[str, ...] = ()
    browser: str = ""
    fresh_since: float = 0.0
    replay: bool = False
    at_once: int = 1
    delay: float = 1.0
    throttle: bool = True
    page_seconds: float = 20.0
    page_bytes: int = 15 * 2**20

    @property
    def path(self) -> Path:
        """The job's folder."""
        return Path(self.folder)

    def asks_for(self, make: str, model: str) -> bool:
        """Whether a car is one of those that the job is about."""
        names = {"make": make, "model": model}
        return all(squash(asked) == squash(names[key]) for key, asked in self.only.items())


def write_job(job: Job) -> Path:
    """Into the job's folder; returns the file."""
    path = job.path / FILE
    path.write_text(json.dumps(asdict(job), indent=1))
    return path


def read_job(path: Path) -> Job:
    """The job of a file."""
    words = json.loads(path.read_text())
    return Job(**words | {name: tuple(words[name]) for name in ("addresses", "private")})
