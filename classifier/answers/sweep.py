"""Bringing on photos whose worker or wake-up was lost, and trying failed ones again."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from classifier.answers import engine
from classifier.answers.identify import LEASE, identifications_give_up
from classifier.exceptions import ClassifierAway, NotPossibleNow
from classifier.models import Identification
from core.queue import enqueue_on_commit

logger = logging.getLogger(__name__)

Status = Identification.Status


def identifications_sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Bring stale rows on; returns counts by what was done.

    Rows of dead workers go back to the queue or, after the last attempt, to failed; lost wake-ups are sent
    again. While no model is at hand nothing is woken: the photos wait.
    """
    now = now or timezone.now()
    failed = identifications_give_up(now=now)
    requeued = Identification.objects.lost(now, lease=LEASE).requeue()
    try:
        engine.current()
    except ClassifierAway:
        woken = 0
    else:
        woken = Identification.objects.wake_lost(now, queue="identify", send=_enqueue)
    done = {"failed": failed, "requeued": requeued, "woken": woken}
    logger.log(logging.INFO if any(done.values()) else logging.DEBUG, "photos swept: %s", done)
    return done


def _enqueue(pk: object) -> None:
    enqueue_on_commit("classifier.tasks.identify", str(pk))


def identification_retry(*, identification: Identification) -> None:
    """Queue a failed identification again, with all its attempts.

    Raises NotPossibleNow in any other state.
    """
    with transaction.atomic():
        changed = Identification.objects.filter(pk=identification.pk, status=Status.FAILED).update(
            status=Status.QUEUED, attempt=0, failure="", finished=None, started=None, enqueued=timezone.now()
        )
        if not changed:
            raise NotPossibleNow("Only a photo that could not be identified can be tried again.")
        _enqueue(identification.pk)


def identification_look_as_car(*, identification: Identification) -> None:
    """Queue a photo again in which the model sees no car from outside and its sender does.

    Whatever the model then takes the scene for, the car is named. Raises NotPossibleNow in any other state.
    """
    no_car = Identification.objects.filter(status=Status.DONE).exclude(scene=Identification.Scene.EXTERIOR)
    with transaction.atomic():
        changed = no_car.filter(pk=identification.pk).update(
            status=Status.QUEUED,
            as_car=True,
            attempt=0,
            finished=None,
            started=None,
            look_again=None,
            enqueued=timezone.now(),
        )
        if not changed:
            text = "Only a photo that was answered and in which no car was seen can be looked at as a car."
            raise NotPossibleNow(text)
        _enqueue(identification.pk)
