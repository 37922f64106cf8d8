"""A run's crawl, watched: its process, the cars that it leaves in the run's folder, the numbers in its row.

The process knows neither the database nor any secret of the site, and ends when its parent process is gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from catalog.models import Source
from core.text import squash
from scraper.contact import user_agent
from scraper.crawl.job import Job, write_job
from scraper.crawl.reasons import UNREAD
from scraper.exceptions import LayoutChanged
from scraper.models.runs import ScrapeRun
from scraper.reading.cars import Car
from scraper.reading.lines import car_from_line
from scraper.runs import epa
from scraper.sources import ABOUT
from scraper.staging.stage import Staged, cars_stage

if TYPE_CHECKING:
    from scraper.crawl.output import Numbers

#: Seconds between two checks of the crawl.
PULSE = 1.0
#: How long a run's worker may be silent before another one takes the run over.
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
#: Columns of a run → numbers of its crawl.
_NUMBERS = {
    "pages": "pages",
    "kept": "kept",
    "car_pages": "car_pages",
    "items": "cars",
    "values": "values",
    "unparsed": "unparsed",
    "errors": "errors",
    "retries": "retries",
    "refusals": "refusals",
    "robots": "robots",
    "refused_addresses": "refused_addresses",
    "bytes": "bytes",
}
#: All that the process gets of the environment.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE")

Show = Callable[[ScrapeRun], None]


class Lost(Exception):
    """The run is held by another worker by now: this one stops without a word in its row."""


def run_folder(run_id: int) -> Path:
    """Where a run keeps its job, cars, log and numbers."""
    return settings.VAR_DIR / "scrapes" / str(run_id)


def catalog_source(name: str) -> Source:
    """What stands beside the values of a source; staff may change it."""
    if name == epa.SOURCE:
        return epa.source_prepare()
    about = ABOUT[name]
    source, _ = Source.objects.get_or_create(
        slug=name, defaults={"name": about.name, "url": about.url, "licence": about.licence}
    )
    return source


def job_of(run: ScrapeRun, *, private: tuple[str, ...] = (), **fields: Any) -> Job:
    """What the run asks for. `private` comes on top of what the settings allow, `fields` are those of Job."""
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
        **fields,
    )


class Crawl:
    """The crawl of one run. `follow` brings it to its end and says how it ended.

    Each write of numbers renews the lease of the run, and raises Lost where another worker has it by then.
    """

    def __init__(self, run: ScrapeRun, job: Job, show: Show) -> None:
        self.run, self._job, self._show = run, job, show
        self._held = ScrapeRun.objects.held_as(run)
        self._seconds_before = run.seconds
        self._began = time.monotonic()
        self._usual_yield = usual_yield(run)
        self._source = catalog_source(run.source)
        #: Cars' pages and values at the last check of the layout.
        self._checked = (0, 0)

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
        command = crawl_command(self._job.path / "job.json")
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        with (self._job.path / "process.txt").open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  (our own module)
                command,
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
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
            self.stage_new_cars()
            self._write_numbers()
            self._show(self.run)
            self.check_layout()
            if self._held.filter(stop_requested=True).exists():
                stop(process)
            if not is_over:
                time.sleep(PULSE)

    def _numbers(self) -> Numbers:
        from scraper.crawl.output import read_numbers  # loads Scrapy

        return read_numbers(self._job.path)

    def _write_numbers(self) -> None:
        run, numbers = self.run, self._numbers()
        for column, number in _NUMBERS.items():
            setattr(run, column, getattr(numbers, number))
        # What could not be had in an earlier attempt is tried again.
        before = {why: n for why, n in run.dropped.items() if not why.startswith(UNREAD)}
        run.dropped = {**before, **numbers.dropped}
        run.seconds = self._seconds_before + time.monotonic() - self._began
        self._write(*_NUMBERS, "dropped", "seconds")

    def _write(self, *columns: str) -> None:
        """These columns of the run into its row, for as long as it is ours."""
        values = {column: getattr(self.run, column) for column in columns}
        if not self._held.renew(lease=LEASE, **values):
            raise Lost

    def check_layout(self) -> None:
        """Raise LayoutChanged where the last pages of cars yielded far less than is usual for the source."""
        run = self.run
        pages, values = run.car_pages - self._checked[0], run.values - self._checked[1]
        if pages < ScrapeRun.ENOUGH_PAGES:
            return
        self._checked = (run.car_pages, run.values)
        now = values / pages
        if now == 0 or now < self._usual_yield * SHARP_FALL:
            raise LayoutChanged(
                f"The last pages gave {now:.1f} values each; {self._usual_yield:.1f} are usual. The site has "
                "probably changed its layout. The run was stopped; what it found before is staged."
            )

    # --- Staging --------------------------------------------------------------------------------------------
    def stage_new_cars(self) -> None:
        """Stage the lines of the crawl's file that were not staged yet."""
        from scraper.crawl.output import CARS  # loads Scrapy

        path = self._job.path / CARS
        if not path.exists():
            return
        with path.open() as lines:
            for _ in range(self.run.staged_lines):
                lines.readline()
            while batch := whole_lines(lines, _BATCH):
                self._stage(batch)

    @transaction.atomic
    def _stage(self, lines: list[str]) -> None:
        run = self.run
        if not run.dry_run:
            found = sorted(map(car_from_line, lines), key=_day_of)
            for day, pairs in groupby(found, key=_day_of):
                cars = [car for car, _ in pairs]
                self._add(cars_stage(run=run, source=self._source, cars=cars, fetched=day))
        run.staged_lines += len(lines)
        self._write("new", "changed", "unchanged", "dropped", "staged_lines")

    def _stage_table(self) -> None:
        """Of a source that is one table: the cars in it, a few hundred a transaction."""
        run, path = self.run, self._job.path / TABLE
        if not path.exists():
            return
        cars = self._counted(islice(self._wanted(epa.cars(path)), run.limit or None))
        fetched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if run.dry_run:
            deque(cars, maxlen=0)
        else:
            self._add(cars_stage(run=run, source=self._source, cars=cars, fetched=fetched))
        path.unlink()
        self._write("items", "values", "new", "changed", "unchanged", "dropped")

    def _wanted(self, cars: Iterable[Car]) -> Iterator[Car]:
        only = {key: squash(name) for key, name in self._job.only.items()}
        return (car for car in cars if all(squash(getattr(car, key)) == only[key] for key in only))

    def _counted(self, cars: Iterator[Car]) -> Iterator[Car]:
        for number, car in enumerate(cars, 1):
            self.run.items = number
            self.run.values += len(car.values)
            yield car
            if number % 1000 == 0:
                self._write("items")
                self._show(self.run)

    def _add(self, staged: Staged) -> None:
        run = self.run
        run.new += staged.new
        run.changed += staged.changed
        run.unchanged += staged.unchanged
        for reason, count in staged.dropped.items():
            run.dropped[f"staging: {reason}"] = run.dropped.get(f"staging: {reason}", 0) + count


def crawl_command(job: Path) -> list[str]:
    """What crawls: a process beside this one, or one that stands for the crawler which runs apart."""
    words = (
        ["scraper.crawl.apart", "ask", settings.SCRAPE_SOCKET]
        if settings.SCRAPE_SOCKET
        else ["scraper.crawl"]
    )
    return [sys.executable, "-m", *words, str(job)]


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


def _day_of(line: tuple[Car, float]) -> datetime:
    """The day on which a car was fetched. Provenance has days: cars of one day are staged together."""
    _, fetched = line
    return datetime.fromtimestamp(fetched, UTC).replace(hour=12, minute=0, second=0, microsecond=0)
