"""`manage.py load_epa FILE`: the US fuel-economy table into the catalogue. Safe to repeat."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from scraper.exceptions import ScraperError
from scraper.reading.cars import Car
from scraper.runs import epa
from scraper.staging.stage import cars_stage


class Command(BaseCommand):
    help = "Load the US fuel-economy table (vehicles.csv or vehicles.csv.gz), by the rules of its source."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, verbosity: int, **options: object) -> None:
        started = time.monotonic()
        try:
            fetched = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            cars = epa.cars(file)
            source = epa.source_prepare()
            staged = cars_stage(source=source, cars=self._counted(cars, verbosity), fetched=fetched)
        except OSError as error:
            raise CommandError(f"{file} can't be read: {error.strerror}.") from None
        except ScraperError as error:
            raise CommandError(error.message) from None
        if verbosity > 0:
            self.stdout.write(f"{staged} ({time.monotonic() - started:.0f} s)")

    def _counted(self, cars: Iterable[Car], verbosity: int) -> Iterator[Car]:
        """The cars; progress is written to the terminal now and then."""
        for number, car in enumerate(cars, start=1):
            yield car
            if verbosity > 0 and number % 5000 == 0 and self.stderr.isatty():
                self.stderr.write(f"\r{number} cars", ending="")
