"""Crawl a source: `manage.py scrape SOURCE`."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from scraper.exceptions import ScraperError
from scraper.models import ScrapeRun
from scraper.runs import lifecycle
from scraper.runs.report import progress_line, report
from scraper.sources import SOURCES


class Command(BaseCommand):
    """In this process by default, with a live line; the admin shows the same run."""

    help = "Crawl a source and stage what it says. Ctrl-C stops in order; --resume goes on where a run was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", choices=SOURCES, metavar="SOURCE", help=", ".join(SOURCES))
        parser.add_argument("--limit", type=int, default=0, help="the most cars' pages to read")
        parser.add_argument(
            "--only", action="append", default=[], metavar="KEY=NAME", help="make=Audi or model=A5"
        )
        parser.add_argument(
            "--url", action="append", default=[], dest="addresses", help="a first page (repeat)"
        )
        parser.add_argument(
            "--follow", default="", metavar="PATTERN", help="what addresses of cars' pages look like"
        )
        parser.add_argument(
            "--more", default="", metavar="PATTERN", help="what addresses of further lists look like"
        )
        parser.add_argument(
            "--replay", action="store_true", help="read kept pages only: the site is not touched"
        )
        parser.add_argument("--resume", action="store_true", help="go on with the source's last run")
        parser.add_argument("--dry-run", action="store_true", help="read and count, stage nothing")
        parser.add_argument("--queue", action="store_true", help="leave the work to the site's worker")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            run = self._resumed(options) if options["resume"] else self._started(options)
        except ScraperError as error:
            raise CommandError(error.message) from None
        if options["queue"]:
            self.stdout.write(f"{run} waits for the worker; the admin shows how far it is.")
            return
        self._work(run)

    def _started(self, options: dict[str, Any]) -> ScrapeRun:
        return lifecycle.run_start(
            source=options["source"],
            options={
                **{name: options[name] for name in ("limit", "addresses", "follow", "more", "replay")},
                "only": dict(map(_pair, options["only"])),
            },
            dry_run=options["dry_run"],
            enqueue=options["queue"],
        )

    def _resumed(self, options: dict[str, Any]) -> ScrapeRun:
        mine = ScrapeRun.objects.filter(source=options["source"])
        run = mine.open().first() or mine.resumable().first()
        if run is None:
            raise CommandError(f"No run of {options['source']} has anything left to do.")
        if run.status != ScrapeRun.Status.QUEUED:
            lifecycle.run_resume(run=run, enqueue=options["queue"])
        return run

    def _work(self, run: ScrapeRun) -> None:
        def ask_to_stop(*_: object) -> None:
            ScrapeRun.objects.filter(pk=run.pk).update(stop_requested=True)

        before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        is_terminal = self.stdout.isatty()
        shown = 0.0

        def show(run: ScrapeRun) -> None:
            nonlocal shown
            if is_terminal:
                self.stdout.write(f"\r\033[K{progress_line(run)}", ending="")
                self.stdout.flush()
            elif time.monotonic() - shown > 10:
                shown = time.monotonic()
                self.stdout.write(progress_line(run))

        try:
            is_mine = lifecycle.run_work(run_id=run.pk, show=show)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        self._tell(run, is_mine=is_mine)

    def _tell(self, run: ScrapeRun, *, is_mine: bool) -> None:
        run.refresh_from_db()
        if not is_mine:
            raise CommandError(f"{run} is another process's.")
        self.stdout.write(f"\n{run}\n{report(run)}")
        if run.status == ScrapeRun.Status.FAILED:
            raise CommandError(run.ended)


def _pair(words: str) -> tuple[str, str]:
    key, equals, name = words.partition("=")
    if key not in ("make", "model") or not equals or not name:
        _refuse(words)
    return key, name


def _refuse(words: str) -> NoReturn:
    raise CommandError(f"--only {words}: say make=NAME or model=NAME.")
