"""Runs of the crawl: asked for, under way, ended, and what each was worth."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from scraper.models.querysets import ScrapeRunQuerySet
from scraper.sources import SOURCES


class ScrapeRun(models.Model):
    """One crawl of one source.

    queued → running → done | stopped | failed. A run whose worker died goes back to queued. Ended runs are
    final, but for `resume`, which makes a stopped or failed one queued again: it goes on where it was.

    Numbers grow while it runs. `pages` were read, `kept` of them without asking the site; `values` are those
    of all cars found. new, changed and unchanged are what staging found; `dropped` counts by reason what
    became no car.
    """

    MAX_ATTEMPTS = 3
    #: So many cars' pages, and a yield means something.
    ENOUGH_PAGES = 10

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    source = models.CharField(max_length=60, choices=list(SOURCES.items()))
    options = models.JSONField(default=dict, blank=True)
    dry_run = models.BooleanField(default=False, help_text="Reads and counts, and stages nothing.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    is_open = models.BooleanField(default=True, editable=False)
    stop_requested = models.BooleanField(default=False, editable=False)
    attempt = models.PositiveSmallIntegerField(default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    enqueued = models.DateTimeField(default=timezone.now, editable=False)
    worker = models.CharField(max_length=120, blank=True, editable=False, help_text="Host and process.")
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    seconds = models.FloatField(default=0, help_text="Time at work, over all attempts.")
    ended = models.CharField(max_length=200, blank=True, help_text="Why the crawl came to its end.")

    pages = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField("pages kept from before", default=0)
    car_pages = models.PositiveIntegerField("cars' pages", default=0)
    items = models.PositiveIntegerField("cars", default=0)
    values = models.PositiveIntegerField(default=0)
    unparsed = models.PositiveIntegerField("statements that became no value", default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    dropped = models.JSONField(default=dict, blank=True)
    errors = models.PositiveIntegerField(default=0)
    retries = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField("refusals by the site", default=0)
    robots = models.PositiveIntegerField("pages that robots.txt forbids", default=0)
    refused_addresses = models.PositiveIntegerField("addresses that we refused", default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    staged_lines = models.PositiveIntegerField(default=0, editable=False)

    objects = ScrapeRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=Q(is_open=True), name="one_open_scrape_per_source"
            ),
            models.CheckConstraint(
                condition=Q(is_open=True, status__in=["queued", "running"])
                | Q(is_open=False, status__in=["done", "stopped", "failed"]),
                name="scrape_open_while_it_lasts",
            ),
        ]
        indexes = [models.Index(fields=["source", "status"], name="scrape_source_status")]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.source}"

    @property
    def duration(self) -> timedelta:
        """Time at work so far."""
        return timedelta(seconds=round(self.seconds))

    @property
    def yield_per_page(self) -> float:
        """Values for each car's page: what falls when a site changes its layout."""
        return self.values / self.car_pages if self.car_pages else 0.0

    @property
    def limit(self) -> int:
        """The most cars' pages to ask for; 0: all."""
        return int(self.options.get("limit", 0))
