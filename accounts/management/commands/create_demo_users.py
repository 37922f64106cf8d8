"""`manage.py create_demo_users`: three people to try the site with."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import User

DEMO_USERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("demo@carsite.example", "demo-drive-2026", {"name": "Dana Demo"}),
    ("dealer@carsite.example", "demo-dealer-2026", {"name": "Dale Dealer"}),
    (
        "staff@carsite.example",
        "demo-staff-2026",
        {"name": "Sam Staff", "is_staff": True, "is_superuser": True},
    ),
)
"""E-mail address, password, and what else each one is. The passwords are public: never for a site that is."""


class Command(BaseCommand):
    """Creates what is missing and leaves alone what is there."""

    help = "Create the demonstration users, with confirmed addresses. Their passwords are public."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--yes` for a site whose DEBUG is off."""
        parser.add_argument("--yes", action="store_true", help="do it although DEBUG is off")

    @transaction.atomic
    def handle(self, *, yes: bool, verbosity: int, **options: object) -> None:
        """Refuses where DEBUG is off, unless told twice: one of them may do everything."""
        if not (settings.DEBUG or yes):
            raise CommandError(
                "The demo users' passwords are public, and one of them is a superuser. "
                "Not created, because DEBUG is off. Add --yes if you mean it."
            )
        for email, password, fields in DEMO_USERS:
            if User.objects.filter(email=email).exists():
                continue
            user = User.objects.create_user(email, password, **fields)
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
            if verbosity:
                self.stdout.write(f"created {email}, password {password}")
