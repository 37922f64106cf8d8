"""Writes of reference photos: a handful of photos teaches the model a car, at once and without training."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Variant
from classifier.answers import engine
from classifier.exceptions import (
    ClassifierAway,
    ClassifierError,
    PhotoNotStored,
    PhotoRefused,
    ReferenceRefused,
)
from classifier.models import ModelVersion, ReferencePhoto
from classifier.photos.intake import CleanPhoto
from classifier.photos.uploads import uploaded_photo
from classifier.training.prototypes import STORED
from core.people import Person, account_id
from core.queue import enqueue_on_commit
from ml.exceptions import PhotoError
from ml.serving.prototypes import FEWEST

if TYPE_CHECKING:
    from ml.serving.predictor import Predictor

logger = logging.getLogger(__name__)
State, Reason = ReferencePhoto.State, ReferencePhoto.Reason


# --- Giving photos ------------------------------------------------------------------------------------------
def reference_photos_add(
    *, variant: Variant, files: Sequence[UploadedFile], actor: Person | None = None
) -> tuple[list[ReferencePhoto], list[tuple[str, ClassifierError]]]:
    """Keep photos of a car; returns those taken, and the name and reason of each that was not.

    Photos are looked at by a worker right after. Raises ReferenceRefused, with nothing kept, where the active
    model was trained on the car, and where the car would have fewer than FEWEST photos.
    """
    check_variant(variant)
    photos, refused = _cleaned(files)
    known = set(variant.reference_photos.values_list("sha256", flat=True))
    new = {photo.sha256: (name, photo) for name, photo in photos if photo.sha256 not in known}
    usable = variant.reference_photos.exclude(state=State.REFUSED).count() + len(new)
    if usable < FEWEST:
        why = "".join(f" {name}: {error.message}" for name, error in refused)
        raise ReferenceRefused(
            f"{variant} would have {usable} usable photo{'' if usable == 1 else 's'}; "
            f"at least {FEWEST} different ones are needed to learn a car from. Nothing was kept.{why}"
        )
    rows = []
    for name, photo in new.values():
        if row := _kept(variant, photo, actor):
            rows.append(row)
        else:
            refused.append((name, PhotoRefused("known", "This photo is there already.")))
    _enqueue()
    return rows, refused


def _cleaned(
    files: Sequence[UploadedFile],
) -> tuple[list[tuple[str, CleanPhoto]], list[tuple[str, ClassifierError]]]:
    photos: list[tuple[str, CleanPhoto]] = []
    refused: list[tuple[str, ClassifierError]] = []
    for file in files:
        name = file.name or ""
        try:
            photos.append((name, uploaded_photo(file, size=file.size or 0)))
        except (PhotoRefused, PhotoNotStored) as error:
            refused.append((name, error))
    return photos, refused


def _kept(variant: Variant, photo: CleanPhoto, actor: Person | None) -> ReferencePhoto | None:
    """Files first, then the row; None where a request at the same moment gave the same photo."""
    row = ReferencePhoto(variant=variant, sha256=photo.sha256, added_by_id=account_id(actor))
    row.photo.save(f"{photo.sha256[:32]}.jpg", ContentFile(photo.content), save=False)
    row.thumbnail.save(f"{photo.sha256[:32]}.jpg", ContentFile(photo.thumbnail), save=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        files_remove(rows=[row])
        return None
    return row


def check_variant(variant: Variant) -> None:
    """Raises ReferenceRefused where reference photos of the car would not help."""
    active = ModelVersion.objects.active()
    if active and variant.slug in engine.trained_slugs(active):
        raise ReferenceRefused(
            f"{active} was trained on the {variant}: more photos of it help when a model is trained anew. "
            "Confirm corrections in the feedback queue instead."
        )


def files_remove(*, rows: Iterable[ReferencePhoto]) -> None:
    """Remove the files of photos whose rows are gone."""
    for row in rows:
        for file in (row.photo, row.thumbnail):
            if file.name:
                file.storage.delete(file.name)


# --- Embedding them: called by workers ----------------------------------------------------------------------
def reference_photos_read() -> int:
    """Embed all reference photos that the active model has not seen yet; returns how many those were.

    From the next visitor's photo on it names the cars that have enough of them.
    """
    try:
        loaded = engine.current()
    except ClassifierAway:
        return 0  # the next sweep tries again
    count = 0
    for row in ReferencePhoto.objects.unseen_by(loaded.version_id).iterator():
        embedding, reason = _embedding_or_reason(row, loaded.predictor)
        reference_photo_record(row=row, version_id=loaded.version_id, embedding=embedding, reason=reason)
        count += 1
    return count


def _embedding_or_reason(row: ReferencePhoto, predictor: Predictor) -> tuple[np.ndarray | None, str]:
    try:
        with row.photo.open("rb") as file:
            answer = predictor.predict(file.read())
    except PhotoError:
        return None, Reason.UNREADABLE
    except FileNotFoundError:
        return None, Reason.MISSING
    if answer.scene != "exterior":
        return None, Reason.NOT_OUTSIDE
    return answer.embedding, ""


def reference_photo_record(
    *, row: ReferencePhoto, version_id: int, embedding: np.ndarray | None = None, reason: str = ""
) -> None:
    """Write what a model version made of a photo: its embedding, or the reason why it does not count."""
    ReferencePhoto.objects.filter(pk=row.pk).update(
        state=State.REFUSED if embedding is None else State.COUNTS,
        reason=reason,
        embedding=None if embedding is None else embedding.astype(STORED).tobytes(),
        model_version_id=version_id,
        updated=timezone.now(),
    )


def reference_photos_sweep() -> None:
    """Wake a worker where the active model has not seen some: a wake-up was lost, or the model is new."""
    active = ModelVersion.objects.active()
    if active and ReferencePhoto.objects.unseen_by(active.pk).exists():
        _enqueue()


def _enqueue() -> None:
    enqueue_on_commit("classifier.tasks.read_reference_photos")
