"""What a picture shows, for apps that name this function in the settings (`PHOTO_GATE`)."""

from __future__ import annotations

from classifier.answers import engine
from classifier.exceptions import ClassifierAway


def scene_of(content: bytes) -> str:
    """What the active model sees: "exterior", "interior" or "other"; nothing where no model is there.

    For workers only.
    """
    try:
        return engine.current().predictor.predict(content).scene
    except ClassifierAway:
        return ""
