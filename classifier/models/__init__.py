"""Which car a photo shows, as rows. Each subject has a module; the app takes all from here."""

from classifier.models.identifications import Feedback, Identification, ModelVersion, Prediction
from classifier.models.learning import CurationEvent, DatasetVersion, ModelEvent, Reading, TrainingRun
from classifier.models.references import ReferencePhoto, Sighting

__all__ = [
    "CurationEvent",
    "DatasetVersion",
    "Feedback",
    "Identification",
    "ModelEvent",
    "ModelVersion",
    "Prediction",
    "Reading",
    "ReferencePhoto",
    "Sighting",
    "TrainingRun",
]
