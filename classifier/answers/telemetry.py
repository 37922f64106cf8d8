"""Which request a photo came with, where the time of its answer went, and the line that the log has of it."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from classifier.models import Identification
from core import clock

if TYPE_CHECKING:
    from ml.serving.answers import Answer

logger = logging.getLogger(__name__)
#: The time limit of the task: no attempt works for longer, whatever the clock says.
LONGEST_WORK = 28.0
#: Of answers whose times are not to be trusted: by how much the clock was off. No stage.
CLOCK = "clock"


def request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return str(import_string(settings.REQUEST_ID)())


def timings(row: Identification, answer: Answer, finished: datetime) -> dict[str, float]:
    """Milliseconds by stage: "wait" for a worker, the stages of the answer, and "other" (reading, writing).

    Of photos that are answered together each has its share of the answer; what the others took stands under
    "other". Where a clock was set meanwhile, or those of web server and worker disagree, waits are put right
    as far as that is known, and "clock" says by how much it was off.
    """
    stages = {stage: 1000 * seconds for stage, seconds in answer.seconds.items()}
    if row.started:
        jump, answered = clock.jump(), sum(answer.seconds.values())
        worked = (finished - row.started).total_seconds()
        waited = (row.started - row.created).total_seconds()
        if jump or waited < 0 or not 0 <= worked <= LONGEST_WORK:
            stages[CLOCK] = 1000 * (jump or min(waited, worked, key=lambda seconds: -abs(seconds)))
        likely = [seconds for seconds in (waited, waited - jump) if seconds >= 0]
        stages["wait"] = 1000 * min(likely, default=0.0)
        stages["other"] = 1000 * max(0.0, worked - answered if worked <= LONGEST_WORK else 0.0)
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
