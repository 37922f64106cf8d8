"""`manage.py photo_manifest FILE.csv`: gallery photos to learn from, as `python -m ml train` takes them."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from scraper.pictures.pictures import manifest_rows


class Command(BaseCommand):
    help = "Write a manifest of the gallery photos whose licence allows learning, into the media folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, nargs="?", help="where to write it (manifest.csv in the media folder)"
        )

    def handle(self, *, file: Path | None, verbosity: int, **options: object) -> None:
        file = file or Path(settings.MEDIA_ROOT) / "manifest.csv"
        rows = manifest_rows()
        if not rows:
            raise CommandError("No photo of the galleries may be learned from: none has an open licence.")
        with file.open("w", newline="", encoding="utf-8") as out:
            table = csv.DictWriter(out, fieldnames=list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        if verbosity > 0:
            cars = len({row["label"] for row in rows})
            photos = ngettext("%d photo", "%d photos", len(rows)) % len(rows)
            self.stdout.write(f"{photos} of {cars} {ngettext('car', 'cars', cars)} in {file}.")
