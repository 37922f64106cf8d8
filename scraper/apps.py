"""App configuration."""

from django.apps import AppConfig


class ScraperConfig(AppConfig):
    """Where catalogue data come from."""

    name = "scraper"
    verbose_name = "Supply"
