"""`manage.py load_catalog`: the committed catalogue into the database; safe to run as often as one likes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.exceptions import SeedError
from catalog.seed.load import catalog_load


class Command(BaseCommand):
    help = "Load the catalogue's seed. Staff's own changes stay (see catalog/seed/load.py)."

    def handle(self, **options: Any) -> None:
        try:
            loaded = catalog_load()
        except SeedError as error:
            raise CommandError(error.message) from None
        if options["verbosity"] > 0:
            self.stdout.write(str(loaded))
