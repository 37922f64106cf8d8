"""Crawls on a schedule: rows of django-celery-beat, one for each source, set by staff."""

from __future__ import annotations

import json

from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from scraper.exceptions import ScrapeRefused
from scraper.runs import lifecycle

TASK = "scraper.tasks.scrape_on_schedule"
#: Word → fields of a crontab; all at night, in the site's time zone.
EVERY = {
    "day": {"minute": "20", "hour": "3"},
    "week": {"minute": "20", "hour": "3", "day_of_week": "0"},
    "month": {"minute": "20", "hour": "3", "day_of_month": "1"},
}


def schedule_set(*, source: str, every: str, options: dict[str, object] | None = None) -> None:
    """Have a source crawled every day, week or month; with an empty word no more. Raises ScrapeRefused."""
    if not every:
        PeriodicTask.objects.filter(name=_name(source)).delete()
        return
    if every not in EVERY:
        raise ScrapeRefused(f"A source is crawled every {', '.join(EVERY)}; not every {every}.")
    options = {name: value for name, value in (options or {}).items() if value}
    lifecycle.check(source, options)
    with transaction.atomic():
        crontab, _ = CrontabSchedule.objects.get_or_create(
            **{"day_of_week": "*", "day_of_month": "*", "month_of_year": "*"} | EVERY[every]
        )
        PeriodicTask.objects.update_or_create(
            name=_name(source),
            defaults={
                "task": TASK,
                "crontab": crontab,
                "args": json.dumps([source, options]),
                "enabled": True,
                "description": every,
            },
        )


def schedules() -> list[PeriodicTask]:
    """What is crawled by itself; `description` says how often."""
    return list(PeriodicTask.objects.filter(task=TASK, enabled=True).order_by("name"))


def _name(source: str) -> str:
    return f"scrape {source}"
