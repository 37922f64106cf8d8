"""The Django project: settings, addresses, the Celery app, base templates and static files."""

#: The version of the site (CHANGELOG.md): in the footer, at /healthz, in the API.
__version__ = "1.1.0"

from carsite.celery import app as celery_app

__all__ = ["__version__", "celery_app"]
