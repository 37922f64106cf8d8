"""`manage.py demo_scrape`: serve the demonstration site, crawl it with a real browser, and report."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scraper.contact import user_agent
from scraper.demo_site.server import FAULTS, DemoSite
from scraper.exceptions import ScraperError
from scraper.models import ApprovalRule, ScrapeRun
from scraper.pictures import pictures
from scraper.pictures.fetching import Fetcher
from scraper.runs import lifecycle
from scraper.runs.process import catalog_source
from scraper.runs.report import progress_line, report


class Command(BaseCommand):
    """Nothing outside this machine is requested."""

    help = "Crawl the demonstration site into the review queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8765, help="the same each time, so that records are the same"
        )
        parser.add_argument(
            "--fault", action="append", default=[], choices=FAULTS, help="what the site does wrong"
        )
        parser.add_argument("--delay", type=float, default=0.2, help="seconds between requests")
        parser.add_argument("--review", action="store_true", help="leave all cars for the review queue")
        parser.add_argument("--dry-run", action="store_true", help="stage nothing")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            with DemoSite(port=options["port"], faults=frozenset(options["fault"])) as site:
                run = self._crawl(site, options)
                counts = {} if options["dry_run"] else self._take_pictures(site)
        except ScraperError as error:
            raise CommandError(error.message) from None
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} can't be listened at: {error}. Name another: --port."
            ) from None
        self.stdout.write(f"\n{run}\n{report(run)}")
        for state, count in counts.items():
            self.stdout.write(f"  pictures {state:20}{count}")
        self.stdout.write(f"  requests to the site         {sum(site.hits.values())}")
        self.stdout.write(f"  requests to private address  {sum(site.vault_hits.values())}")
        if run.status == ScrapeRun.Status.FAILED:
            raise CommandError(run.ended)

    def _take_pictures(self, site: DemoSite) -> dict[str, int]:
        """While the site is up: how many came to what. Without an active model they wait for it."""
        pictures.pictures_collect()
        fetch = Fetcher(user_agent(), private=(site.address,), delay=0.0)
        return dict(pictures.pictures_fetch(fetch=fetch, limit=1000))

    def _crawl(self, site: DemoSite, options: dict[str, Any]) -> ScrapeRun:
        private = (site.address,)
        ApprovalRule.objects.update_or_create(
            source=catalog_source("demo_site"),
            key="",
            defaults={"new_cars": True, "is_active": not options["review"]},
        )
        run = lifecycle.run_start(
            source="demo_site",
            options={"addresses": [f"{site.url}/cars/?page=1"]},
            dry_run=options["dry_run"],
            enqueue=False,
            private=private,
        )

        def show(run: ScrapeRun) -> None:
            self.stdout.write(f"\r\033[K{progress_line(run)}", ending="")
            self.stdout.flush()

        lifecycle.run_work(
            run_id=run.pk,
            show=show,
            private=private,
            delay=options["delay"],
            throttle=False,
            page_seconds=10.0,
        )
        run.refresh_from_db()
        return run
