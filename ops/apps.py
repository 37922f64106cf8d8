from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class OpsConfig(AppConfig):
    """What runs and keeps the site."""

    name = "ops"

    def ready(self) -> None:
        """Whatever of the site starts closes VAR_DIR, where it is open to other users of the machine."""
        from ops.privacy import close_folder

        close_folder(Path(settings.VAR_DIR), project=Path(settings.BASE_DIR))
