"""The web server's entry."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carsite.settings")
application = get_wsgi_application()

# Loaded before the server divides into processes, instead of by the first request of each.
import carsite.urls  # noqa: E402, F401
