"""`manage.py load_dealers [FILE] [--demo]`: cities, dealers of one's own, dealers to try the site out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dealers import own_dealers, seed
from dealers.models import Dealer


class Command(BaseCommand):
    """Loads the seed of the dealers app; running it again changes nothing."""

    help = "Load the cities, and dealers: your own from FILE, invented ones with --demo. After load_catalog."

    def add_arguments(self, parser: CommandParser) -> None:
        """`FILE`, `--dry-run`, `--demo`."""
        parser.add_argument(
            "file", type=Path, nargs="?", help="dealers of your own as CSV (docs/deploy.md names the columns)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what the file would do, and do nothing"
        )
        parser.add_argument("--demo", action="store_true", help="also load the demonstration dealers")

    def handle(self, *args: object, **options: Any) -> None:
        """Loads, and says what was loaded and what was missing."""
        said = [f"{seed.cities_load()} cities"]
        if options["demo"]:
            said += self._demo()
        if options["file"]:
            said += self._own(options["file"], dry_run=options["dry_run"])
        elif not options["demo"] and not Dealer.objects.exists():
            said.append(
                "No dealers: `manage.py load_dealers FILE.csv` brings your own, or add them in the admin."
            )
        if options["verbosity"] > 0:
            self.stdout.write("\n".join(said))

    def _own(self, path: Path, *, dry_run: bool) -> list[str]:
        try:
            done = own_dealers.dealers_load(content=path.read_bytes(), dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from None
        except own_dealers.TableRefused as refusal:
            raise CommandError(refusal.message) from None
        if done.missing_makes:
            self.stderr.write(f"The catalogue lacks these makes: {', '.join(sorted(done.missing_makes))}.")
        would = "would be " if dry_run else ""
        return [f"{done.new} dealers {would}new, {done.known} {would}brought up to date"]

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
