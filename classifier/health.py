"""Whether photos can be answered, for `/readyz`."""

from __future__ import annotations

from classifier.answers import engine
from classifier.models import ModelVersion
from classifier.training import registry
from core.outages import Unavailable


def model() -> None:
    """The active bundle's files are there, and no worker found it unusable of late. Raises Unavailable."""
    folder = registry.bundle_path(ModelVersion.objects.active())
    missing = [name for name in ("bundle.json", "model.onnx") if not (folder / name).is_file()]
    if missing:
        raise Unavailable(f"The model bundle lacks {' and '.join(missing)}.")
    if engine.is_away():
        raise Unavailable("Workers lately found no model that they can use.")
