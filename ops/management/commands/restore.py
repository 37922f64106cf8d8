"""Put everything of an archive that `backup` wrote in place of what is here."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from ops import backups, drill, restoring, retention

NOT_EMPTY = (
    "There is a site here already. Restore into an empty database, or add --force to remove what is here. "
    "Nothing was changed."
)


class Command(BaseCommand):
    """The archive is read and compared as a whole before anything is changed.

    Web servers and workers have to be stopped before.
    """

    help = "Restore an archive into an empty system (or, with --force, in place of everything that is here)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="an archive that `backup` wrote, or a folder of them: the newest"
        )
        parser.add_argument(
            "--drill",
            action="store_true",
            help="only try it: into an empty site that is thrown away; the site that runs goes on",
        )
        parser.add_argument(
            "--force", action="store_true", help="remove what is here, rows and photos, for good"
        )

    def handle(self, *args: object, **options: Any) -> None:
        path: Path = options["file"]
        try:
            path = retention.newest(path) if path.is_dir() else path
            if options["drill"]:
                self._say("Restored in a drill and thrown away:", drill.drill(path))
                return
            manifest = backups.check(path)
            if not options["force"] and not restoring.is_empty():
                raise CommandError(NOT_EMPTY)
            call_command("migrate", interactive=False, verbosity=0)
            restoring.restore(path)
        except backups.BackupRefused as refusal:
            raise CommandError(str(refusal)) from None
        self._say("Restored", manifest)
        try:
            cache.clear()  # what it remembers of the rows that were here
        except RedisError:  # stopped with the rest of the site, as it is on one machine
            self.stdout.write("Redis is not running: what it remembers of the time before ends by itself.")

    def _say(self, what: str, manifest: backups.Manifest) -> None:
        files = sum(name.startswith("media/") for name in manifest.digests)
        self.stdout.write(
            f"{what} {sum(manifest.rows.values())} rows and {files} files of {manifest.created}."
        )
