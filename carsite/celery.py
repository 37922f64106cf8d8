"""The Celery app. The database row is the truth and the broker only a bell: losing a message loses no photo."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carsite.settings")

app = Celery("carsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
