"""Real bundles of random weights, and a catalogue that has their cars."""

from __future__ import annotations

from pathlib import Path

from catalog.choices import BodyStyle
from catalog.models import CarModel, Make, Variant
from classifier.models import ModelVersion
from classifier.training import registry
from ml.bundle.bundle import Bundle
from ml.bundle.labels import label_table
from tests.ml.tiny import TINY_LABELS, write_tiny_bundle


def stock(labels: tuple[str, ...] = TINY_LABELS) -> dict[str, Variant]:
    """The cars of these labels in the catalogue, by label."""
    found = {}
    for label in label_table(labels):
        make, _ = Make.objects.get_or_create(slug=label.make.lower().replace(" ", "-"), name=label.make)
        slug = label.model.lower().replace(" ", "-")
        model, _ = CarModel.objects.get_or_create(make=make, slug=slug, name=label.model)
        found[label.label] = Variant.objects.create(
            model=model, year=label.year, body_style=BodyStyle.COUPE, slug=label.slug
        )
    return found


def ship(settings: object, folder: Path, version: str = "shipped") -> Bundle:
    """Let the project ship this bundle, and register it as a worker would."""
    bundle = write_tiny_bundle(folder / f"bundle-{version}", version=version)
    settings.MODEL_BUNDLE = bundle.path  # type: ignore[attr-defined]
    registry.version_register_shipped(bundle=bundle)
    return bundle


def add(folder: Path, version: str) -> ModelVersion:
    """A candidate of this version."""
    row, is_new = registry.version_add(
        path=write_tiny_bundle(folder / f"made-{version}", version=version).path
    )
    assert is_new
    return row
