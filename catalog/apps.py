from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """What a car is."""

    name = "catalog"
