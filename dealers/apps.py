from django.apps import AppConfig


class DealersConfig(AppConfig):
    """Who sells it."""

    name = "dealers"
