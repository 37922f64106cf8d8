"""`manage.py load_dealers [--demo]`: the cities, and dealers to try the site out with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dealers import seed


class Command(BaseCommand):
    """Loads the seed of the dealers app; running it again changes nothing."""

    help = "Load the list of cities and, with --demo, invented dealers. Run load_catalog before it."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--demo`."""
        parser.add_argument("--demo", action="store_true", help="also load the demonstration dealers")

    def handle(self, *args: object, **options: Any) -> None:
        """Loads, and says what was loaded and what was missing."""
        said = [f"{seed.cities_load()} cities"]
        if options["demo"]:
            said += self._demo()
        if options["verbosity"] > 0:
            self.stdout.write("\n".join(said))

    def _demo(self) -> list[str]:
        done = seed.demo_dealers_load()
        said = [f"{done.dealers} demonstration dealers"]
        if done.missing_makes:
            names = ", ".join(sorted(done.missing_makes))
            self.stderr.write(
                f"The catalogue lacks these makes, so no dealer sells them: {names}. Run load_catalog first."
            )
        if done.staff_linked:
            said.append(f"{seed.DEMO_STAFF_EMAIL} is staff of {seed.DEMO_STAFF_DEALER}")
        return said
