"""The web server's entry."""

import os

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carsite.settings")
application = get_wsgi_application()

# Loaded before the server divides into processes, instead of by the first request of each.
import carsite.urls  # noqa: E402, F401

staticfiles_storage.url  # noqa: B018  (makes the storage, which reads the manifest)
