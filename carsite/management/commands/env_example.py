"""Write `.env.example` from the table that settings are read by."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from carsite.env import env_example


class Command(BaseCommand):
    """`manage.py env_example`; with `--check`, say whether it is up to date instead."""

    help = "Write .env.example from the table in carsite/env.py."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail where it is out of date"
        )

    def handle(self, *args: object, **options: Any) -> None:
        path = settings.BASE_DIR / ".env.example"
        if not options["check"]:
            path.write_text(env_example())
        elif not path.exists() or path.read_text() != env_example():
            raise CommandError(
                ".env.example is out of date: run `python manage.py env_example` and commit it."
            )
