from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    """Which car a photo shows."""

    name = "classifier"
