"""Bringing on photos whose worker or wake-up was lost, and trying failed ones again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from classifier.answers import engine
from classifier.answers.identify import LEASE
from classifier.exceptions import ClassifierAway, NotPossibleNow
from classifier.models import Identification
from core.queue import enqueue_on_commit

#: A photo that waits for this long without an answer may have lost its wake-up: another one is sent.
WAKE_AGAIN = timedelta(seconds=30)
#: So many wake-ups are sent at most in one sweep; the next one is ten seconds away.
WAKE_AT_ONCE = 1000

Status = Identification.Status


def identifications_sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Bring stale rows on; returns counts by what was done.

    Rows of dead workers go back to the queue or, after the last attempt, to failed; lost wake-ups are sent
    again. While no model is at hand nothing is woken: the photos wait.
    """
    now = now or timezone.now()
    expired = Identification.objects.expired(now, lease=LEASE)
    failed = expired.worn_out().update(
        status=Status.FAILED, failure="worker_lost", finished=now, lease_until=None
    )
    requeued = expired.requeue()
    try:
        engine.current()
    except ClassifierAway:
        woken = 0
    else:
        woken = _wake_again(now)
    return {"failed": failed, "requeued": requeued, "woken": woken}


def _wake_again(now: datetime) -> int:
    """Wake workers for photos whose message must be lost: nothing was answered lately, or later photos were.

    So a long queue that moves is left alone, and its messages do not multiply.
    """
    stale = Identification.objects.overdue(now, after=WAKE_AGAIN)
    lately = Identification.objects.filter(finished__gte=now - WAKE_AGAIN, finished__lte=now)
    if latest := lately.order_by("-enqueued", "-created").first():
        # Those of one sweep share their time: of them the ones that were sent earlier had their turn before.
        before = Q(enqueued__lt=latest.enqueued) | Q(enqueued=latest.enqueued, created__lt=latest.created)
        stale = stale.filter(before | Q(enqueued__gt=now))
    ids = stale.order_by("enqueued", "created").values_list("pk", flat=True)[:WAKE_AT_ONCE]
    return Identification.objects.wake(ids, now, _enqueue)


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
