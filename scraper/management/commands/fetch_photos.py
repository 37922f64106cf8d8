"""`manage.py fetch_photos`: pictures of published cars into the galleries, as a worker does by itself."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from scraper.pictures import pictures


class Command(BaseCommand):
    help = "Take the pictures that sources show of published cars, as far as their licence is stated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=100, help="pictures to take at most (100)")

    def handle(self, *, limit: int, verbosity: int, **options: object) -> None:
        new = pictures.pictures_collect()
        counts = pictures.pictures_fetch(limit=limit, seconds=float("inf"))
        if verbosity > 0:
            found = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none taken"
            news = ngettext("%d new picture", "%d new pictures", new) % new
            self.stdout.write(f"{news}; {found}.")
