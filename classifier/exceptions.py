"""What can go wrong on the way of a photo."""

from __future__ import annotations

from core.errors import ExpectedError


class ClassifierError(ExpectedError):
    """Base of this app's expected errors."""

    code = "classifier_error"


class PhotoRefused(ClassifierError):
    """The file can't become an identification; nothing was stored."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message, code=code, status=status)


class PhotoNotStored(ClassifierError):
    """The photo is fine and could not be stored: disk, storage or database. Nothing of it was stored."""

    status = 503
    retry_after = 60

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


class QuotaExceeded(ClassifierError):
    """Too many photos from one person or address."""

    code = "too_many_photos"
    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, retry_after=retry_after)


class NotPossibleNow(ClassifierError):
    """The identification is not in a state in which this can be done."""

    code = "not_possible_now"
    status = 409


class ClassifierAway(ClassifierError):
    """No usable model: photos wait until there is one."""

    code = "classifier_away"
    status = 503


class ReferenceRefused(ClassifierError):
    """Photos that a car can't be learned from; nothing was kept."""

    code = "reference_refused"
    status = 422


class ModelRefused(ClassifierError):
    """A bundle that can't answer here; the active model is untouched."""

    code = "model_refused"
    status = 422


class ModelConflict(ClassifierError):
    """Another person was faster, or there is nothing to do; the active model is untouched."""

    code = "model_conflict"
    status = 409


class DatasetRefused(ClassifierError):
    """No dataset version can be made of what there is, or one is not what it was."""

    code = "dataset_refused"
    status = 422


class TrainingRefused(ClassifierError):
    """A training run can't start, or ended without a model; the active model is untouched."""

    code = "training_refused"
    status = 409
