"""`manage.py load_catalog`: the committed catalogue into the database; safe to run as often as one likes."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from catalog.exceptions import SeedError
from catalog.seed.load import catalog_load


class Command(BaseCommand):
    help = "Load the catalogue's seed. Staff's own changes stay (see catalog/seed/load.py)."

    def handle(self, *, verbosity: int, **options: object) -> None:
        try:
            loaded = catalog_load()
        except SeedError as error:
            raise CommandError(error.message) from None
        if verbosity > 0:
            self.stdout.write(str(loaded))
