"""The supply for staff. Django imports this module alone; importing the others registers their pages."""

from django.contrib import admin
from django_celery_beat import admin as beat  # registers them, whichever app comes first
from django_celery_beat import models as schedules

from scraper import admin_changes, admin_photos, admin_runs, admin_sheets, admin_staged

__all__ = ["admin_changes", "admin_photos", "admin_runs", "admin_sheets", "admin_staged", "beat"]

# Crawls are scheduled on the page of runs, by source and day. beat's own pages would start any task of the site.
for model in (
    schedules.PeriodicTask,
    schedules.ClockedSchedule,
    schedules.CrontabSchedule,
    schedules.IntervalSchedule,
    schedules.SolarSchedule,
):
    admin.site.unregister(model)
