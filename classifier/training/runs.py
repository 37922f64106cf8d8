"""Training runs: asked for in the admin or by `manage.py retrain`, worked off one at a time, ended by a candidate model.

The active model is only ever read here: whatever goes wrong, it goes on answering. `run_work` is called by a worker of the
queue `train`, or by the command itself; a run whose process was killed goes on from its last checkpoint.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from classifier.exceptions import ClassifierError, TrainingRefused
from classifier.models import ModelVersion, TrainingRun
from classifier.training import registry, steps
from ml.exceptions import MlError
from ml.recipes import read_recipe

logger = logging.getLogger(__name__)
#: How long a worker may be silent before its run is taken from it; it speaks every few seconds.
LEASE = timedelta(minutes=2)
#: After this long without a worker the bell of a waiting run is rung again.
RING_AGAIN = timedelta(minutes=2)

Status = TrainingRun.Status


def run_start(*, actor: Any = None, only_dataset: bool = False, ring: bool = True) -> TrainingRun:
    """Ask for a run: a dataset version and, unless that is all, a candidate trained on it. Raises TrainingRefused.

    Without `ring` no worker is called: the caller works it off itself.
    """
    active = ModelVersion.objects.active()
    if active is None:
        raise TrainingRefused("No model answers yet, so there is none to start from. Start a worker first.")
    try:
        read_recipe(settings.RETRAIN_RECIPE)
    except MlError as error:
        raise TrainingRefused(str(error)) from None
    registry.bundle_checked(active)
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                base=active, recipe=str(settings.RETRAIN_RECIPE), actor=actor, only_dataset=only_dataset
            )
            if ring:
                _ring(run.pk)
    except IntegrityError:
        run = TrainingRun.objects.open().get()
        raise TrainingRefused(
            f"Training run {run.pk} is under way ({run.step or 'waiting'}). Wait for its end, or cancel it."
        ) from None
    return run


def _ring(pk: int) -> None:
    from classifier.tasks import retrain

    retrain.delay_on_commit(pk)


def run_cancel(*, run: TrainingRun) -> None:
    """End a run: at once where it waits, within seconds where a worker has it. Raises TrainingRefused where it has ended."""
    waiting = TrainingRun.objects.filter(pk=run.pk, status=Status.QUEUED)
    if waiting.update(status=Status.CANCELLED, is_open=False, finished=timezone.now()):
        steps.clear(run.pk)
        return
    if not TrainingRun.objects.filter(pk=run.pk, status=Status.RUNNING).update(cancel_requested=True):
        raise TrainingRefused("This run has ended already.")


def run_work(*, run_id: int) -> bool:
    """Claim a run and bring it to its end. Returns whether it was this call's to do.

    Not a transaction: it takes hours, and each step is on record for whoever goes on after a kill.
    """
    run = _claim(run_id)
    if run is None:
        return False
    logger.info("training run %s: attempt %s", run.pk, run.attempt)
    try:
        with steps.Watch(run.pk, attempt=run.attempt, lease=LEASE) as watch:
            steps.work(run, watch)
    except steps.Cancelled:
        _end(run, Status.CANCELLED)
    except steps.Lost:
        logger.warning("training run %s was taken over by another worker", run.pk)
        return False
    except (MlError, ClassifierError) as error:
        _end(run, Status.FAILED, failure=getattr(error, "message", "") or str(error))
    except OSError as error:
        _end(run, Status.FAILED, failure=f"The disk or a file failed: {error}. Make room and start it again.")
    except Exception as error:
        logger.exception("training run %s", run.pk)
        _end(run, Status.FAILED, failure=f"Something unforeseen: {type(error).__name__}: {error}")
    else:
        _end(run, Status.DONE)
    steps.clear(run.pk)
    return True


def _claim(run_id: int) -> TrainingRun | None:
    """Compare-and-set to running; None where there is nothing to do."""
    now = timezone.now()
    claimed = TrainingRun.objects.filter(
        pk=run_id, status=Status.QUEUED, attempt__lt=TrainingRun.MAX_ATTEMPTS
    ).update(
        status=Status.RUNNING,
        attempt=F("attempt") + 1,
        started=now,
        lease_until=now + LEASE,
        step="Starting",
    )
    return TrainingRun.objects.select_related("base", "dataset").get(pk=run_id) if claimed else None


def _end(run: TrainingRun, status: str, *, failure: str = "") -> None:
    """Only while it still is this attempt's."""
    mine = TrainingRun.objects.filter(pk=run.pk, status=Status.RUNNING, attempt=run.attempt)
    facts: dict[str, Any] = {"progress": 1.0} if status == Status.DONE else {}
    mine.update(
        status=status,
        is_open=False,
        failure=failure,
        finished=timezone.now(),
        lease_until=None,
        **facts,
    )


def runs_sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Queue a run again whose worker fell silent, give up one that fell silent too often, ring for one that waits."""
    now = now or timezone.now()
    silent = TrainingRun.objects.filter(status=Status.RUNNING, lease_until__lt=now)
    ended: list[tuple[str, Q, Callable[[], dict[str, Any]]]] = [
        ("cancelled", Q(cancel_requested=True), lambda: {"status": Status.CANCELLED}),
        (
            "failed",
            Q(attempt__gte=TrainingRun.MAX_ATTEMPTS),
            lambda: {
                "status": Status.FAILED,
                "failure": f"The program that trains was stopped {TrainingRun.MAX_ATTEMPTS} times. "
                "It may lack memory: see the log of the trainer.",
            },
        ),
    ]
    counts = {}
    for name, which, values in ended:
        gone = list(silent.filter(which).values_list("pk", flat=True))
        silent.filter(pk__in=gone).update(is_open=False, finished=now, lease_until=None, **values())
        for pk in gone:
            steps.clear(pk)
        counts[name] = len(gone)
    counts["requeued"] = silent.update(
        status=Status.QUEUED, lease_until=None, enqueued=now - RING_AGAIN * 2, step="Waiting to go on"
    )
    waiting = TrainingRun.objects.filter(status=Status.QUEUED, enqueued__lt=now - RING_AGAIN)
    with transaction.atomic():
        rung = list(waiting.values_list("pk", flat=True))
        waiting.update(enqueued=now)
        for pk in rung:
            _ring(pk)
    return counts | {"rung": len(rung)}
