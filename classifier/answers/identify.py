"""Answering photos: a worker claims one, runs the model on it and records the answer.

The row is authoritative; the message that woke the worker may be lost, late or come twice. Nothing here knows
requests or templates.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from classifier.answers import engine, telemetry
from classifier.answers.record import answer_to, answer_values, predictions_write
from classifier.exceptions import ClassifierAway
from classifier.models import Identification, ModelVersion
from classifier.photos.storage import StorageAway, photo_read
from core.queue import enqueue_on_commit
from ml.exceptions import PhotoError

if TYPE_CHECKING:
    from ml.serving.answers import Answer

logger = logging.getLogger(__name__)

#: How long a worker may hold a photo before another one may take it; above the task's hard time limit.
LEASE = timedelta(seconds=30)
#: For so long a worker that failed tries to give its photos back while the database is away.
END_SECONDS = 15.0

Status = Identification.Status


def identification_run(*, identification_id: uuid.UUID | str, redelivered: bool = False) -> int:
    """Claim a photo, run the model on it, record the answer; returns how many rows this call ended.

    Where the model answers several photos at a time faster (a GPU), photos that wait behind this one are
    answered with it; the messages sent for them then find nothing to do. Not a transaction: the claims are
    committed before the work starts, so that the attempt is counted even if this process dies in it.
    `redelivered`: the broker says that the worker that had this message is gone, so its lease need not be
    waited for.
    """
    try:
        loaded = engine.current()
    except ClassifierAway:
        return 0  # unclaimed: the photo waits, and the sweep wakes a worker when the model is back
    row = Identification.objects.claim(identification_id, lease=LEASE, take_over=redelivered)
    if redelivered and row is None:
        identifications_give_up()  # it may have been this photo's last attempt
    # What failed once is tried alone, lest it take others with it again. A message that came late or twice
    # serves the photo that waits longest: its own may be lost.
    more = 0 if row and row.attempt > 1 else loaded.predictor.batch - bool(row)
    rows = [*([row] if row else []), *_claim_waiting(more)]
    if not rows:
        return 0
    try:
        ended = _answer(rows, loaded)
    except SoftTimeLimitExceeded:
        if len(rows) == 1:
            return identification_fail(row=rows[0], failure="timeout")
        _end_leases(rows)
        return 0
    except Exception:
        # Unforeseen: let the defect be seen in the log.
        _end_leases(rows)
        raise
    if ended:
        _wake_shadow()
    return ended


def _end_leases(rows: Sequence[Identification]) -> None:
    """Let the next sweep put these rows back; where the database is away, as soon as it is there again."""
    until = time.monotonic() + END_SECONDS
    while True:
        try:
            Identification.objects.end_leases(rows)
        except (OperationalError, InterfaceError):
            if time.monotonic() > until:
                raise  # their leases run out by themselves
            connection.close()
            time.sleep(0.5)
        else:
            return


def _answer(rows: Sequence[Identification], loaded: engine.Engine) -> int:
    """Answer claimed rows, or fail those whose photo can't be.

    Returns how many were still this attempt's to end.
    """
    ended = 0
    contents: dict[Identification, bytes] = {}
    for row in rows:
        try:
            contents[row] = photo_read(row)
        except FileNotFoundError:
            ended += identification_fail(row=row, failure="photo_missing")
        except StorageAway:
            logger.exception("storage away")
            Identification.objects.put_back(row)
    answers = loaded.predictor.predict_many(contents.values(), batch=max(1, len(contents)))
    for row, answer in zip(contents, answers, strict=True):
        if isinstance(answer, PhotoError):
            ended += identification_fail(row=row, failure="unreadable")
        else:
            ended += identification_record(row=row, answer=answer, version_id=loaded.version_id)
    return ended


def _wake_shadow() -> None:
    """Let the shadow model look too, now that the visitor has an answer, which stands whatever goes wrong."""
    try:
        if ModelVersion.objects.shadow():
            enqueue_on_commit("classifier.tasks.look_again")
    except Exception:
        logger.exception("the shadow model was not called")


def _claim_waiting(limit: int) -> list[Identification]:
    """Claim at most so many photos that were never tried, those that wait longest first."""
    if limit < 1:
        return []
    waiting = Identification.objects.filter(status=Status.QUEUED, attempt=0).order_by("enqueued")
    ids = waiting.values_list("pk", flat=True)[:limit]
    claims = (Identification.objects.claim(pk, lease=LEASE) for pk in ids)
    return [row for row in claims if row is not None]


def identification_record(*, row: Identification, answer: Answer, version_id: int) -> bool:
    """Write an answer, once: only while the row is still running with the attempt that produced it."""
    answer = answer_to(row, answer)
    finished = timezone.now()
    ms = telemetry.timings(row, answer, finished)
    with transaction.atomic():
        written = Identification.objects.held_as(row).update(
            status=Status.DONE,
            finished=finished,
            timings=ms,
            lease_until=None,
            failure="",
            **answer_values(answer, version_id),
        )
        if written:
            predictions_write(identification_id=row.pk, answer=answer)
    if written:
        telemetry.answered(row, answer, version_id, ms)
    return bool(written)


def identifications_give_up(*, now: datetime | None = None) -> int:
    """End photos that had all their attempts and whose worker is lost; returns how many."""
    now = now or timezone.now()
    spent = Identification.objects.lost(now, lease=LEASE).worn_out()
    ended = spent.update(status=Status.FAILED, failure="worker_lost", finished=now, lease_until=None)
    if ended:
        logger.warning("%d photos given up: each lost its worker as often as it may", ended)
    return ended


def identification_fail(*, row: Identification, failure: str) -> bool:
    """End an attempt that can't succeed. Returns whether the row was still this attempt's to end."""
    ended = Identification.objects.held_as(row).update(
        status=Status.FAILED, failure=failure, finished=timezone.now(), lease_until=None
    )
    if ended:
        telemetry.failed(row, failure)
    return bool(ended)
