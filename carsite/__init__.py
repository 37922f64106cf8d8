"""The Django project: settings, addresses, the Celery app, base templates and static files."""

from carsite.celery import app as celery_app

__all__ = ["celery_app"]
