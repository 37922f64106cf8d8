"""Figures of the supply for `/metrics`: what the last crawl of each source was worth."""

from __future__ import annotations

from django.db.models import Max

from core.figures import Figure, Figures
from scraper.models import ScrapeRun


def figures() -> Figures:
    """Of the last crawl of each source that has ended."""
    last = ScrapeRun.objects.filter(is_open=False).order_by().values("source").annotate(last=Max("pk"))
    for run in ScrapeRun.objects.filter(pk__in=last.values("last")):
        yield from _figures_of(run)


def _figures_of(run: ScrapeRun) -> Figures:
    source = {"source": run.source}
    yield Figure(
        "carsite_scrape_yield", "Values for each car's page of the last crawl.", source, run.yield_per_page
    )
    if run.finished:
        ended = run.finished.timestamp()
        yield Figure("carsite_scrape_finished_timestamp_seconds", "When the last crawl ended.", source, ended)
    for state in ("done", "stopped", "failed"):
        labels = source | {"how": state}
        yield Figure("carsite_scrape_ended", "How the last crawl ended.", labels, float(run.status == state))
    for kind in ("new", "changed", "unchanged", "errors", "refusals"):
        labels = source | {"what": kind}
        yield Figure("carsite_scrape_found", "What the last crawl found.", labels, getattr(run, kind))
