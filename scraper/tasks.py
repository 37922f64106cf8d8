"""Work done apart from requests: crawls."""

from __future__ import annotations

import logging
import os

from celery import shared_task

logger = logging.getLogger(__name__)
DAY = 24 * 3600


@shared_task(acks_late=False, soft_time_limit=7 * DAY, time_limit=7 * DAY + 60)
def scrape(run_id: int) -> None:
    """Work a run off (queue `scrape`). Acknowledged at once: if it dies, the sweeper queues the run again."""
    from scraper.runs import lifecycle

    os.nice(10)  # visitors come first; the process ends with the task
    lifecycle.run_work(run_id=run_id)


@shared_task
def scrape_on_schedule(source: str, options: dict[str, object] | None = None) -> None:
    """Ask for a run (beat, as staff set it in the admin), unless one of the source is under way."""
    from scraper.exceptions import ScrapeRefused
    from scraper.runs import lifecycle

    try:
        lifecycle.run_start(source=source, options=options)
    except ScrapeRefused as refusal:
        logger.warning("the scheduled run of %s was not started: %s", source, refusal.message)


@shared_task(expires=60)
def sweep_scrapes() -> None:
    """Requeue runs whose worker is gone (beat)."""
    from scraper.runs import lifecycle

    lifecycle.runs_sweep()


@shared_task(soft_time_limit=480, time_limit=540, expires=300)
def fetch_photos() -> None:
    """Fetch pictures of published cars that wait (beat)."""
    from scraper.pictures import pictures

    pictures.pictures_collect()
    pictures.pictures_fetch()
