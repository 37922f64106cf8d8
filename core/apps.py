from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The ground floor that every app stands on."""

    name = "core"
