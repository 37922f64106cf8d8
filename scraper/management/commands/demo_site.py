"""Serve the demonstration site: `manage.py demo_site`."""

from __future__ import annotations

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from scraper.demo_site.server import FAULTS, DemoSite


class Command(BaseCommand):
    """Imaginary cars on pages that JavaScript fills, and under /plain/ without; see --fault."""

    help = "Serve a small site to crawl, on this machine alone, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8765)
        faults = "; ".join(f"{name}: {words}" for name, words in FAULTS.items())
        parser.add_argument(
            "--fault", action="append", default=[], choices=FAULTS, help=faults.replace("%", "%%")
        )

    def handle(self, *args: object, port: int, fault: list[str], **options: object) -> None:
        with DemoSite(port=port, faults=frozenset(fault)) as site:
            self.stdout.write(
                f"{site.url}/cars/?page=1\nTo crawl it: SCRAPE_PRIVATE_ADDRESSES={site.address} "
                f"manage.py scrape demo_site --url {site.url}/cars/?page=1"
            )
            try:
                while True:
                    time.sleep(3600)
            except KeyboardInterrupt:
                self.stdout.write("Stopped.")
