from django.apps import AppConfig


class OpsConfig(AppConfig):
    """What runs and keeps the site."""

    name = "ops"
