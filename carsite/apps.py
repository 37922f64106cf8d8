"""The project as an app, so that it can have commands, templates and static files; and the admin's app."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig


class CarsiteConfig(AppConfig):
    """The project's own commands, templates and static files."""

    name = "carsite"

    def ready(self) -> None:
        """Know the checks of a site for others; report defects to SENTRY_DSN, where it is set."""
        from carsite import checks  # noqa: F401  (it registers them)

        if settings.SENTRY_DSN:
            from ops import sentry

            sentry.start(settings.SENTRY_DSN)


class CarsiteAdminConfig(SimpleAdminConfig):
    """Django's admin with our site in place of the default one.

    What the apps register is found by `carsite.urls`: workers and commands that show no pages start without
    it, half a second sooner.
    """

    default_site = "carsite.admin.CarsiteAdminSite"
