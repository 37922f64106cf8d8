"""A run's crawl, watched: its process, the cars that it leaves in the run's folder, and the numbers of the run's row.

The process knows neither the database nor any secret of the site, and ends when whoever watches it is gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.models import Source
from core.text import squash
from scraper.crawl.job import Job, write_job
from scraper.exceptions import ScraperError
from scraper.models.runs import ScrapeRun
from scraper.reading.cars import Car
from scraper.reading.lines import car_from_line
from scraper.runs import epa
from scraper.sources import ABOUT
from scraper.staging.stage import cars_stage

#: Seconds between two looks at the crawl.
PULSE = 1.0
#: How long whoever watches may be silent before the run is taken from them.
LEASE = timedelta(minutes=2)
#: How long a crawl has for an orderly end.
END_SECONDS = 40.0
#: A crawl whose process dies so often is given up.
MAX_DEATHS = 3
#: A yield below this share of the usual one is no accident.
SHARP_FALL = 0.5
#: What a source that is one table leaves in the run's folder.
TABLE = "table.csv"
_BATCH = 200
#: All that the process gets of the environment.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE")

Show = Callable[[ScrapeRun], None]


class Lost(Exception):
    """The run is somebody else's by now."""


class LayoutChanged(ScraperError):
    """A source's pages yield far less than they used to."""

    code = "layout_changed"
    status = 502


def run_folder(run_id: int) -> Path:
    """Where a run keeps its job, cars, log and numbers."""
    return settings.VAR_DIR / "scrapes" / str(run_id)


def worker_name() -> str:
    """This process, as a run's row names who works on it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def catalog_source(name: str) -> Source:
    """What stands beside the values of a source; staff may change it."""
    if name == epa.SOURCE:
        return epa.source_prepare()
    about = ABOUT[name]
    source, _ = Source.objects.get_or_create(
        slug=name, defaults={"name": about.name, "url": about.url, "licence": about.licence}
    )
    return source


def user_agent() -> str:
    """Who we are, and where a site's owner can reach us."""
    contact = f"; {settings.SCRAPE_CONTACT}" if settings.SCRAPE_CONTACT else ""
    return f"CarsiteBot/1.0 (+{settings.SITE_URL}/about/{contact})"


def job_of(run: ScrapeRun, *, private: tuple[str, ...] = (), **manners: Any) -> Job:
    """What the run asks for. `private` is allowed besides what the settings allow, `manners` are fields of Job."""
    options = run.options
    return Job(
        source=run.source,
        folder=str(run_folder(run.pk)),
        cache=str(settings.VAR_DIR / "scrapes" / "pages" / f"{run.source}.sqlite3"),
        user_agent=user_agent(),
        addresses=tuple(options.get("addresses", ())),
        follow=options.get("follow", ""),
        more=options.get("more", ""),
        only=options.get("only", {}),
        limit=run.limit,
        private=(*settings.SCRAPE_PRIVATE_ADDRESSES, *private),
        browser=settings.SCRAPE_BROWSER or shutil.which("chromium") or shutil.which("google-chrome") or "",
        fresh_since=run.created.timestamp(),
        replay=bool(options.get("replay")),
        **manners,
    )


class Crawl:
    """The crawl of one run. `follow` brings it to its end and says how it ended."""

    def __init__(self, run: ScrapeRun, job: Job, show: Show) -> None:
        self._run, self._job, self._show = run, job, show
        self._mine = ScrapeRun.objects.filter(
            pk=run.pk, status=ScrapeRun.Status.RUNNING, attempt=run.attempt, worker=run.worker
        )
        self._before = run.seconds
        self._begun = time.monotonic()
        self._usual = usual_yield(run)
        self._source = catalog_source(run.source)
        self._mark = (0, 0)

    def follow(self) -> str:
        """Crawl, stage what comes, and return the crawl's own word for its end. Raises Lost or LayoutChanged.

        A process that dies is started again, and goes on where it was.
        """
        folder = self._job.path
        folder.mkdir(parents=True, exist_ok=True)
        write_job(self._job)
        for _ in range(MAX_DEATHS):
            with self._process() as process:
                self._watch(process)
            if ended := self._numbers().ended:
                self._stage_table()
                return ended
        return "died"

    @contextlib.contextmanager
    def _process(self) -> Iterator[subprocess.Popen[bytes]]:
        words = [sys.executable, "-m", "scraper.crawl", str(self._job.path / "job.json")]
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        with (self._job.path / "process.txt").open("ab") as said:
            process = subprocess.Popen(  # noqa: S603  (our own module)
                words, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said
            )
        try:
            yield process
        finally:
            stop(process)
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # --- Watching -------------------------------------------------------------------------------------------
    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        is_over = False
        while not is_over:
            is_over = process.poll() is not None
            self._stage_new_cars()
            self._write_numbers()
            self._show(self._run)
            self._look_for_a_new_layout()
            if self._mine.filter(stop_requested=True).exists():
                stop(process)
            if not is_over:
                time.sleep(PULSE)

    def _numbers(self) -> Any:
        from scraper.crawl.output import read_numbers

        return read_numbers(self._job.path)

    def _write_numbers(self) -> None:
        run, numbers = self._run, self._numbers()
        for name in (
            "pages",
            "kept",
            "car_pages",
            "values",
            "unparsed",
            "errors",
            "retries",
            "refusals",
            "robots",
        ):
            setattr(run, name, getattr(numbers, name))
        run.items, run.bytes, run.refused_addresses = numbers.cars, numbers.bytes, numbers.refused_addresses
        run.dropped = {**run.dropped, **numbers.dropped}
        run.seconds = self._before + time.monotonic() - self._begun
        run.lease_until = timezone.now() + LEASE
        names = (
            "pages", "kept", "car_pages", "items", "values", "unparsed", "errors", "retries", "refusals", "robots",
            "refused_addresses", "bytes", "dropped", "seconds", "lease_until",
        )  # fmt: skip
        if not self._mine.update(**{name: getattr(run, name) for name in names}):
            raise Lost

    def _look_for_a_new_layout(self) -> None:
        pages, values = self._run.car_pages, self._run.values
        if pages - self._mark[0] < ScrapeRun.ENOUGH_PAGES:
            return
        now = (values - self._mark[1]) / (pages - self._mark[0])
        self._mark = (pages, values)
        if now == 0 or now < self._usual * SHARP_FALL:
            raise LayoutChanged(
                f"The last pages yielded {now:.1f} values each, where {self._usual:.1f} are usual: the site has probably changed "
                "its layout. The run was stopped; what it found before is staged."
            )

    # --- Staging --------------------------------------------------------------------------------------------
    def _stage_new_cars(self) -> None:
        from scraper.crawl.output import CARS

        path = self._job.path / CARS
        if not path.exists():
            return
        with path.open() as lines:
            for _ in range(self._run.staged_lines):
                lines.readline()
            while batch := whole_lines(lines, _BATCH):
                self._stage(batch)

    def _stage(self, lines: list[str]) -> None:
        run = self._run
        with transaction.atomic():
            if not run.dry_run:
                found = sorted(map(car_from_line, lines), key=lambda pair: _day(pair[1]))
                for day, pairs in groupby(found, key=lambda pair: _day(pair[1])):
                    self._add(
                        cars_stage(run=run, source=self._source, cars=[car for car, _ in pairs], fetched=day)
                    )
            run.staged_lines += len(lines)
            self._mine.update(
                new=run.new, changed=run.changed, unchanged=run.unchanged, dropped=run.dropped,
                staged_lines=run.staged_lines, lease_until=timezone.now() + LEASE,
            )  # fmt: skip

    def _stage_table(self) -> None:
        """Of a source that is one table: the cars in it, a few hundred a transaction."""
        run, path = self._run, self._job.path / TABLE
        if not path.exists():
            return
        only = {key: squash(name) for key, name in self._job.only.items()}
        found = (car for car in epa.cars(path) if all(squash(getattr(car, key)) == only[key] for key in only))
        cars = self._counted(islice(found, run.limit or None))
        fetched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if run.dry_run:
            deque(cars, maxlen=0)
        else:
            self._add(cars_stage(run=run, source=self._source, cars=cars, fetched=fetched))
        path.unlink()
        names = ("items", "values", "new", "changed", "unchanged", "dropped")
        self._mine.update(**{name: getattr(run, name) for name in names})

    def _counted(self, cars: Iterator[Car]) -> Iterator[Car]:
        for number, car in enumerate(cars, 1):
            self._run.items = number
            self._run.values += len(car.values)
            yield car
            if number % 1000 == 0:
                if not self._mine.update(lease_until=timezone.now() + LEASE, items=number):
                    raise Lost
                self._show(self._run)

    def _add(self, staged: Any) -> None:
        run = self._run
        run.new += staged.new
        run.changed += staged.changed
        run.unchanged += staged.unchanged
        for reason, count in staged.dropped.items():
            run.dropped[f"staging: {reason}"] = run.dropped.get(f"staging: {reason}", 0) + count


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a crawl for an orderly end: what is under way is read, nothing more is asked for."""
    if process.stdin and not process.stdin.closed:
        process.stdin.close()


def usual_yield(run: ScrapeRun) -> float:
    """Values for each car's page in the source's last whole runs; 0 where there were none."""
    return statistics.median(
        [done.yield_per_page for done in ScrapeRun.objects.typical_of(run.source)] or [0.0]
    )


def whole_lines(file: IO[str], most: int) -> list[str]:
    """The next lines that have their end; the file is left behind the last of them."""
    lines: list[str] = []
    while len(lines) < most:
        here = file.tell()
        line = file.readline()
        if not line.endswith("\n"):
            file.seek(here)
            break
        lines.append(line)
    return lines


def _day(fetched: float) -> datetime:
    """Provenance has days: cars of one day are staged together."""
    return datetime.fromtimestamp(fetched, UTC).replace(hour=12, minute=0, second=0, microsecond=0)
