"""Let staff sign in again who lost their phone, or whose second factor an earlier SECRET_KEY encrypted.

`python manage.py remove_second_factor ada@example.org`
"""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import services
from accounts.models import User


class Command(BaseCommand):
    """Takes a second factor away and ends the sessions; staff set up a new one at their next sign-in."""

    help = (
        "Removes the second factor of an account, for a lost phone or after SECRET_KEY has changed. "
        "Make sure that the owner asks for it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: object, email: str, **options: object) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"There is no account of {email}.")
        services.second_factor_remove(user=user)
        self.stdout.write(f"{user.email} signs in with the password alone now.")
