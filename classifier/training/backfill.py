"""Looking at photos again while no visitor waits: the shadow model's turn, and a newer model's at old photos.

What is shown changes only here, and the older answer is kept. A batch stops as soon as a visitor's photo waits; the clock
and the next answer ring for another one. The rows are the truth: a batch that dies is gone on with by the next.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.module_loading import import_string

from classifier.answers import engine
from classifier.answers.identifications import answer_values, predictions_write
from classifier.exceptions import ClassifierAway, NotPossibleNow
from classifier.models import Feedback, Identification, ModelVersion, Prediction, Reading
from classifier.training import registry
from ml.exceptions import BundleError, PhotoError

if TYPE_CHECKING:
    from ml.serving.answers import Answer

logger = logging.getLogger(__name__)
#: How long a batch may take, and so how long another process keeps from starting one.
BATCH_SECONDS = 20.0
_LOCK, _LOCK_SECONDS = "classifier-looking-again", 60

Role = Reading.Role


# --- Asking for it ------------------------------------------------------------------------------------------
def identifications_reidentify(*, rows: QuerySet[Identification]) -> int:
    """Have the active model look again at those of the rows that another model answered; returns how many.

    Raises NotPossibleNow where no model is active.
    """
    from classifier.tasks import look_again

    active = ModelVersion.objects.active()
    if active is None:
        raise NotPossibleNow("No model answers yet, so none can look again.")
    wanted = Identification.objects.answered_by_others(active.pk).filter(pk__in=rows.order_by().values("pk"))
    with transaction.atomic():
        count = wanted.filter(look_again=None).update(look_again=timezone.now())
        look_again.delay_on_commit()
    return count


# --- A batch ------------------------------------------------------------------------------------------------
def look_again(*, seconds: float = BATCH_SECONDS) -> dict[str, int]:
    """One gentle batch; returns how many photos the shadow read and how many were identified again."""
    counts = {"shadow": 0, "again": 0}
    if not cache.add(_LOCK, "held", _LOCK_SECONDS):
        return counts
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not Identification.objects.waiting().exists():
            done = _next()
            if done is None:
                return counts
            counts[done] += 1
    finally:
        cache.delete(_LOCK)
    return counts


def _next() -> str | None:
    """Look at one photo; which kind it was, or None where there is nothing to do."""
    if row := Identification.objects.to_look_at_again().first():
        try:
            _identify_again(row)
        except ClassifierAway:
            return None
        return "again"
    if shadow := _shadow():
        version = ModelVersion.objects.get(pk=shadow.version_id)
        if row := Identification.objects.unread_by_shadow(version).first():
            _read_by_shadow(row, shadow)
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


def _read_by_shadow(row: Identification, shadow: engine.Engine) -> None:
    """Record what the shadow model reads in a photo, or why it reads nothing."""
    values: dict[str, Any]
    try:
        with row.photo.open("rb") as file:
            answer = shadow.predictor.predict(file.read())
        values = reading_values(answer) | {"agrees": _agrees(row, answer)}
    except (
        Exception
    ) as error:  # whatever a new model does, the visitor has an answer and the next photo its turn
        logger.warning("shadow model failed on %s: %s", row.pk, type(error).__name__)
        values = {"failure": f"{type(error).__name__}: {error}"[:200]}
    with transaction.atomic():
        if Identification.objects.select_for_update().filter(pk=row.pk).exists():
            Reading.objects.get_or_create(
                identification_id=row.pk,
                model_version_id=shadow.version_id,
                role=Role.SHADOW,
                defaults=values | {"answered": timezone.now()},
            )


def reading_values(answer: Answer) -> dict[str, Any]:
    """An answer as fields of a Reading."""
    return {
        "scene": answer.scene,
        "decision": answer.decision,
        "predictions": [
            {"label": one.label, "slug": one.slug, "probability": round(one.probability, 4)}
            for one in answer.predictions
        ],
    }


def _agrees(row: Identification, answer: Answer) -> bool:
    """Whether an answer says the same as the one that is shown: the scene and, of cars from outside, the car."""
    if answer.scene != row.scene or row.scene != row.Scene.EXTERIOR:
        return answer.scene == row.scene
    best = row.best
    return best is not None and best.label == answer.predictions[0].label


# --- Identifying again --------------------------------------------------------------------------------------
def _identify_again(row: Identification) -> None:
    """Let the active model look at a photo that waits for it. Raises ClassifierAway."""
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
    """Put a newer model's answer in the place of the one that is shown, which is kept; tell the person who corrected it.

    Returns whether it did: not where the photo is gone or was answered again meanwhile.
    """
    with transaction.atomic():
        same = Identification.objects.select_for_update().filter(
            pk=row.pk, status=Identification.Status.DONE, model_version=row.model_version_id
        )
        current = same.first()
        if current is None:
            return False
        before = current.best
        _keep(current)
        current.predictions.all().delete()
        same.update(look_again=None, finished=timezone.now(), **answer_values(answer, version_id))
        predictions_write(identification_id=row.pk, answer=answer)
        _tell(current, before.variant_id if before else None, version_id)
    return True


def _keep(current: Identification) -> None:
    """The shown answer, as a Reading."""
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
    Reading.objects.update_or_create(
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
    """Tell the person whose correction the new answer agrees with: on the page, and by one mail for each model."""
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
    import_string(settings.LETTER_QUEUE)(
        to=author.email,
        subject=f"You were right: {best.variant}"[:200],
        body=render_to_string("classifier/email/agrees.txt", context),
    )
