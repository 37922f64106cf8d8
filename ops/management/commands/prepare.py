"""Bring the database and the static files up to date for this version; where they are, do nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ops.preparing import prepare_database, prepare_files


class Command(BaseCommand):
    """What `manage.py up` does before it starts anything, and the step of a new version elsewhere."""

    help = "Migrate, load the catalogue, collect the static files; skip what was done for this version."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: Any) -> None:
        prepare_files(self.stdout.write)
        prepare_database(self.stdout.write)
