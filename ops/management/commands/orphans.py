"""Files without rows and rows without files: report them, and remove the former."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from ops import orphans


class Command(BaseCommand):
    """`manage.py orphans`: exit code 1 where there is something, unless it was mended."""

    help = "Report files that no row names and rows whose files are gone; --mend removes the files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and from which age on a file counts."""
        parser.add_argument("--mend", action="store_true", help="remove files that no row names")
        minutes = int(orphans.YOUNGEST.total_seconds() // 60)
        parser.add_argument(
            "--minutes",
            type=int,
            default=minutes,
            help=f"leave younger files alone: their rows may be about to come ({minutes})",
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Report, and mend where asked, one thing after the other."""
        files = rows = 0
        for lost in orphans.find(older_than=timedelta(minutes=options["minutes"])):
            if isinstance(lost, orphans.BereftRow):
                rows += 1
                self.stdout.write(f"{lost.row._meta.label} {lost.row.pk}: its {lost.field} is gone")
                continue
            files += 1
            self.stdout.write(f"no row names {lost.name}")
            if options["mend"]:
                lost.remove()
        if not files and not rows:
            self.stdout.write("Nothing is amiss: every file has its row, every row its files.")
            return
        removed = files if options["mend"] else 0
        left = files - removed
        said = (
            f"{removed} {ngettext('file', 'files', removed)} removed; "
            f"{left} {ngettext('file', 'files', left)} without rows, "
            f"{rows} {ngettext('row', 'rows', rows)} without files."
        )
        if rows or not options["mend"]:
            raise CommandError(said)
        self.stdout.write(said)
