"""The Django project: settings, addresses, the Celery app, base templates and static files."""

#: The version of the site (CHANGELOG.md): in the footer, at /healthz, in the API.
__version__ = "1.1.0"

from carsite import env

env.prepare()  # first of all: what follows reads the environment

from carsite.celery import app as celery_app  # noqa: E402

__all__ = ["__version__", "celery_app"]
