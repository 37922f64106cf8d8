"""Whether photos can be answered, for `/readyz`."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Min
from django.utils import timezone

from classifier.answers import engine
from classifier.models import Identification, ModelVersion
from classifier.training import registry
from core.outages import Unavailable

#: A photo that waits for longer than this is a sign that workers are too few, or stuck.
LONGEST_WAIT = timedelta(minutes=5)


def queue() -> None:
    """No photo waits for long. Raises Unavailable."""
    oldest = Identification.objects.waiting().aggregate(at=Min("created"))["at"]
    waits = timezone.now() - oldest if oldest else timedelta()
    if waits > LONGEST_WAIT:
        raise Unavailable(f"A photo waits for its answer since {waits.total_seconds():.0f} seconds.")


def model() -> None:
    """The active bundle's files are there, and no worker found it unusable of late. Raises Unavailable."""
    folder = registry.bundle_path(ModelVersion.objects.active())
    missing = [name for name in ("bundle.json", "model.onnx") if not (folder / name).is_file()]
    if missing:
        raise Unavailable(f"The model bundle lacks {' and '.join(missing)}.")
    if engine.is_away():
        raise Unavailable("Workers lately found no model that they can use.")
