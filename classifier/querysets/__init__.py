"""Every read that is more than one filter, by subject.

They import no models: they reach other rows by relations.
"""

from classifier.querysets.feedback import FeedbackQuerySet
from classifier.querysets.identifications import IdentificationQuerySet
from classifier.querysets.model_versions import ModelOutputQuerySet, ModelVersionQuerySet
from classifier.querysets.owned import OwnedQuerySet
from classifier.querysets.reference_photos import ReferencePhotoQuerySet
from classifier.querysets.sightings import SightingQuerySet
from classifier.querysets.training_runs import TrainingRunQuerySet

__all__ = [
    "FeedbackQuerySet",
    "IdentificationQuerySet",
    "ModelOutputQuerySet",
    "ModelVersionQuerySet",
    "OwnedQuerySet",
    "ReferencePhotoQuerySet",
    "SightingQuerySet",
    "TrainingRunQuerySet",
]
