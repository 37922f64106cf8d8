"""Which request a photo came with, where the time of its answer went, and the line that the log has of it."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from classifier.models import Identification

if TYPE_CHECKING:
    from ml.serving.answers import Answer

logger = logging.getLogger(__name__)


def request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return str(import_string(settings.REQUEST_ID)())


def timings(row: Identification, answer: Answer, finished: datetime) -> dict[str, float]:
    """Milliseconds by stage: "wait" for a worker, the stages of the answer, and "other" (reading, writing).

    Of photos that are answered together each has its share of the answer; what the others took stands under
    "other".
    """
    stages = {stage: 1000 * seconds for stage, seconds in answer.seconds.items()}
    if row.started:
        worked = 1000 * (finished - row.started).total_seconds()
        waited = 1000 * (row.started - row.created).total_seconds()
        stages |= {"wait": max(0.0, waited), "other": max(0.0, worked - sum(stages.values()))}
    return {stage: round(ms, 1) for stage, ms in stages.items()}


def answered(row: Identification, answer: Answer, version_id: int, ms: dict[str, float]) -> None:
    """Log that a photo was answered, with the id of the request that brought it, however long ago."""
    written = (timezone.now() - row.started).total_seconds() if row.started else 0.0
    fields = {
        "request_id": row.request_id,
        "identification": str(row.pk),
        "attempt": row.attempt,
        "model_version": version_id,
        "decision": answer.decision,
        "ms": ms | {"worker": round(1000 * written, 1)},
    }
    logger.info("photo answered", extra={"fields": fields})


def failed(row: Identification, failure: str) -> None:
    """Say in the log that a photo could not be answered, likewise."""
    fields = {
        "request_id": row.request_id,
        "identification": str(row.pk),
        "attempt": row.attempt,
        "failure": failure,
    }
    logger.warning("photo failed", extra={"fields": fields})
