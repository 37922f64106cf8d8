"""The classifier for staff. Django imports this module; importing the others registers their pages."""

from classifier.admin import curation, identifications, models, reference_photos, training

__all__ = ["curation", "identifications", "models", "reference_photos", "training"]
