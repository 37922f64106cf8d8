"""Numbers of the supply, for `/metrics`: what the last crawl of each source was worth."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Max

from scraper.models import ScrapeRun

Figure = tuple[str, str, dict[str, str], float]


def figures() -> Iterator[Figure]:
    """(name, what it says, labels, value) each, of the last crawl of each source that ended."""
    last = ScrapeRun.objects.filter(is_open=False).order_by().values("source").annotate(last=Max("pk"))
    for run in ScrapeRun.objects.filter(pk__in=last.values("last")):
        source = {"source": run.source}
        yield (
            "carsite_scrape_yield",
            "Values for each car's page of the last crawl.",
            source,
            run.yield_per_page,
        )
        if run.finished:
            at = run.finished.timestamp()
            yield "carsite_scrape_finished_timestamp_seconds", "When the last crawl ended.", source, at
        for state in ("done", "stopped", "failed"):
            is_it = float(run.status == state)
            yield "carsite_scrape_ended", "How the last crawl ended.", source | {"how": state}, is_it
        for kind in ("new", "changed", "unchanged", "errors", "refusals"):
            count = getattr(run, kind)
            yield "carsite_scrape_found", "What the last crawl found.", source | {"what": kind}, count
