"""Write everything that the site keeps into one archive, while it runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from ops import backups, retention


class Command(BaseCommand):
    """One file, from any database and any storage; `restore` brings it back into any other."""

    help = "Write rows, photos, models and datasets into one archive. It is as private as the site itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="the archive to write, or a folder that gets one named by the time"
        )
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="in a folder: read the new archive again, and then remove all but the newest N",
        )

    def handle(self, *args: object, **options: Any) -> None:
        path, keep = options["file"], options["keep"]
        if keep is not None and (keep < 1 or not path.is_dir()):
            raise CommandError(
                "--keep needs a folder that is there, and a number from 1 up. Nothing was written."
            )
        if path.is_dir():
            path = retention.next_archive(path)
        try:
            self._say(path, backups.write(path))
            if keep:
                backups.check(path)
                for old in retention.remove_old(path.parent, keep=keep):
                    self.stdout.write(f"{old}: removed, as {keep} newer ones are there.")
        except backups.BackupRefused as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror or error}") from None

    def _say(self, path: Path, manifest: backups.Manifest) -> None:
        files = sum(name.startswith("media/") for name in manifest.digests)
        self.stdout.write(
            f"{path}: {sum(manifest.rows.values())} rows and {files} files, {path.stat().st_size} bytes."
        )
        if manifest.missing:
            gone = len(manifest.missing)
            said = ngettext("%d file that rows name is gone", "%d files that rows name are gone", gone) % gone
            self.stderr.write(f"{said}, such as {manifest.missing[0]} (`manage.py orphans` lists them).")
