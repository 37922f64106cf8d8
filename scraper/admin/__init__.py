"""The supply for staff. Django imports this module alone; importing the others registers their pages."""

from django.contrib import admin
from django_celery_beat import admin as beat  # registers them, whichever app comes first
from django_celery_beat import models as schedules

from scraper.admin import changes, pictures, runs, sheets, staged

__all__ = ["beat", "changes", "pictures", "runs", "sheets", "staged"]

# Crawls are scheduled on the page of runs, by source. beat's own pages could start any task of the site.
for model in (
    schedules.PeriodicTask,
    schedules.ClockedSchedule,
    schedules.CrontabSchedule,
    schedules.IntervalSchedule,
    schedules.SolarSchedule,
):
    admin.site.unregister(model)
