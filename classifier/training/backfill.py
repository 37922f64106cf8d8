"""Answering photos again while no visitor waits: by the shadow model, and by a newer model those of old ones.

What is shown changes only here, and the older answer is kept. A batch stops as soon as a visitor's photo
waits; the schedule and the next answer start another one. The rows are authoritative: the next batch goes on
where one died.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from classifier.answers import engine
from classifier.answers.record import answer_to, answer_values, output_values, predictions_write
from classifier.exceptions import ClassifierAway, NotPossibleNow
from classifier.models import Feedback, Identification, ModelOutput, ModelVersion, Prediction
from classifier.training import registry
from core import mail
from core.queue import enqueue_on_commit
from ml.exceptions import BundleError, PhotoError

if TYPE_CHECKING:
    from ml.serving.answers import Answer

logger = logging.getLogger(__name__)
#: How long a batch may take, and so how long another process keeps from starting one.
BATCH_SECONDS = 20.0
_LOCK, _LOCK_SECONDS = "classifier-looking-again", 60

Role = ModelOutput.Role


# --- Asking for it ------------------------------------------------------------------------------------------
def identifications_reidentify(*, rows: QuerySet[Identification]) -> int:
    """Have the active model answer those of the rows anew that another model answered; returns how many.

    Raises NotPossibleNow where no model is active.
    """
    active = ModelVersion.objects.active()
    if active is None:
        raise NotPossibleNow("No model is active yet, so none can identify photos again.")
    wanted = Identification.objects.answered_by_others(active.pk).filter(pk__in=rows.order_by().values("pk"))
    with transaction.atomic():
        count = wanted.filter(look_again=None).update(look_again=timezone.now())
        enqueue_on_commit("classifier.tasks.look_again")
    return count


# --- A batch ------------------------------------------------------------------------------------------------
def look_again(*, seconds: float = BATCH_SECONDS) -> dict[str, int]:
    """One batch, of `seconds` at most; returns how many photos the shadow and the active model answered."""
    counts = {"shadow": 0, "again": 0}
    if not cache.add(_LOCK, "held", _LOCK_SECONDS):
        return counts
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not Identification.objects.waiting().exists():
            done = _one_photo()
            if done is None:
                return counts
            counts[done] += 1
    finally:
        cache.delete(_LOCK)
    return counts


def _one_photo() -> Literal["again", "shadow"] | None:
    """Answer one photo; which kind it was, or None where there is nothing to do."""
    if row := Identification.objects.for_backfill().first():
        try:
            _identify_again(row)
        except ClassifierAway:
            return None
        return "again"
    if shadow := _shadow():
        version = ModelVersion.objects.get(pk=shadow.version_id)
        if row := Identification.objects.unseen_by_shadow(version).first():
            _shadow_answer(row, shadow)
            return "shadow"
    return None


# --- The shadow ---------------------------------------------------------------------------------------------
def _shadow() -> engine.Engine | None:
    """The shadow model; a shadow run whose bundle can't be used is ended, with the reason on its page."""
    try:
        return engine.shadow()
    except BundleError as error:
        logger.error("shadow run ended: %s", error)  # noqa: TRY400  (the message says it all)
        version = registry.shadow_stop()
        if version:
            version.report["shadow_trouble"] = str(error)
            version.save(update_fields=["report"])
        return None


def _shadow_answer(row: Identification, shadow: engine.Engine) -> None:
    """Record what the shadow model says of a photo, or why it has no answer."""
    values: dict[str, object]
    try:
        with row.photo.open("rb") as file:
            answer = answer_to(row, shadow.predictor.predict(file.read()))
        values = output_values(answer) | {"agrees": _agrees(row, answer)}
    except (
        Exception
    ) as error:  # whatever a new model does, the visitor has an answer and the next photo its turn
        logger.warning("shadow model failed on %s: %s", row.pk, type(error).__name__)
        values = {"failure": f"{type(error).__name__}: {error}"[:200]}
    with transaction.atomic():
        if Identification.objects.select_for_update().filter(pk=row.pk).exists():
            ModelOutput.objects.get_or_create(
                identification_id=row.pk,
                model_version_id=shadow.version_id,
                role=Role.SHADOW,
                defaults=values | {"answered": timezone.now()},
            )


def _agrees(row: Identification, answer: Answer) -> bool:
    """Whether an answer says the same as the shown one: the scene and, of cars from outside, the car."""
    if answer.scene != row.scene or row.scene != row.Scene.EXTERIOR:
        return answer.scene == row.scene
    best = row.best
    return best is not None and best.label == answer.predictions[0].label


# --- Identifying again --------------------------------------------------------------------------------------
def _identify_again(row: Identification) -> None:
    """Let the active model answer a photo that waits for backfill. Raises ClassifierAway."""
    loaded = engine.current()
    if row.model_version_id != loaded.version_id:
        try:
            with row.photo.open("rb") as file:
                answer = loaded.predictor.predict(file.read())
        except (PhotoError, FileNotFoundError) as error:
            logger.warning("%s keeps its answer: %s", row.pk, error)
        except Exception:
            # The others wait behind it: it keeps its answer, and the defect is in the log.
            logger.exception("%s keeps its answer", row.pk)
        else:
            identification_answer_again(row=row, answer=answer, version_id=loaded.version_id)
            return
    Identification.objects.filter(pk=row.pk).update(look_again=None)


def identification_answer_again(*, row: Identification, answer: Answer, version_id: int) -> bool:
    """Put a newer model's answer in the place of the one that is shown.

    The earlier one is kept, and a person whose correction agrees is told. Returns whether it did: not where
    the photo is gone or was answered again meanwhile.
    """
    with transaction.atomic():
        same = Identification.objects.select_for_update().filter(
            pk=row.pk, status=Identification.Status.DONE, model_version=row.model_version_id
        )
        current = same.first()
        if current is None:
            return False
        before = current.best
        _keep_output(current)
        answer = answer_to(current, answer)
        same.update(look_again=None, finished=timezone.now(), **answer_values(answer, version_id))
        predictions_write(identification_id=row.pk, answer=answer)
        _tell(current, before.variant_id if before else None, version_id)
    return True


def _keep_output(current: Identification) -> None:
    """Keep the shown answer as a past output."""
    if current.model_version_id is None:
        return
    predictions = [
        {
            "label": one.label,
            "slug": one.variant.slug if one.variant else "",
            "probability": round(one.probability, 4),
        }
        for one in current.predictions.select_related("variant").order_by("rank")
    ]
    ModelOutput.objects.update_or_create(
        identification=current,
        model_version_id=current.model_version_id,
        role=Role.PAST,
        defaults={
            "scene": current.scene,
            "decision": current.decision,
            "predictions": predictions,
            "answered": current.finished or current.created,
        },
    )


def _tell(row: Identification, before: int | None, version_id: int) -> None:
    """Tell a person that a new answer agrees with their correction.

    On the photo's page, and by one e-mail for each model at most.
    """
    best = (
        Prediction.objects.filter(identification=row, rank=1).select_related("variant__model__make").first()
    )
    feedback = Feedback.objects.filter(identification=row, told=None).select_related("author").first()
    if feedback is None or best is None or best.variant is None:
        return
    if best.variant_id != feedback.variant_id or before == feedback.variant_id:
        return
    version = ModelVersion.objects.get(pk=version_id)
    since = version.promoted or version.created
    author = feedback.author
    mailed = author is not None and Feedback.objects.filter(author=author, told__gte=since).exists()
    Feedback.objects.filter(pk=feedback.pk).update(told=timezone.now())
    if author is None or mailed:
        return
    context = {"variant": best.variant, "version": version, "url": settings.SITE_URL + row.get_absolute_url()}
    mail.queue(
        to=author.email,
        subject=f"You were right: {best.variant}",
        body=render_to_string("classifier/email/agrees.txt", context),
    )
