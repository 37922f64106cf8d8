"""Which car a photo shows, as rows: a file a subject. The app takes all models from here."""

from classifier.models.dataset import DatasetVersion
from classifier.models.feedback import CurationEvent, Feedback
from classifier.models.identification import Identification
from classifier.models.model_output import ModelOutput
from classifier.models.model_version import ModelEvent, ModelVersion
from classifier.models.prediction import Prediction
from classifier.models.reference_photo import ReferencePhoto
from classifier.models.sighting import Sighting
from classifier.models.training_run import TrainingRun

__all__ = [
    "CurationEvent",
    "DatasetVersion",
    "Feedback",
    "Identification",
    "ModelEvent",
    "ModelOutput",
    "ModelVersion",
    "Prediction",
    "ReferencePhoto",
    "Sighting",
    "TrainingRun",
]
