"""Training runs: asked for in the admin or by `manage.py retrain`, one at a time, each for a candidate.

The active model is only ever read here: whatever goes wrong, it goes on answering. `run_work` is called by a
worker of the queue `train`, or by the command itself; a run whose process was killed goes on from its last
checkpoint.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from classifier.exceptions import ClassifierError, TrainingRefused
from classifier.models import ModelVersion, TrainingRun
from classifier.querysets import TrainingRunQuerySet
from classifier.training import registry, steps
from core.people import Person, account_id
from core.queue import enqueue_on_commit
from ml.exceptions import MlError
from ml.recipes import read_recipe

logger = logging.getLogger(__name__)
#: How long a worker may be silent before its run is taken from it; it renews every `steps.PULSE` seconds.
LEASE = timedelta(minutes=2)

Status = TrainingRun.Status


def run_start(
    *, actor: Person | None = None, only_dataset: bool = False, enqueue: bool = True
) -> TrainingRun:
    """Ask for a run: a dataset version and, unless that is all, a candidate trained on it.

    Raises TrainingRefused.

    Without `enqueue` no worker is woken: the caller does the work itself.
    """
    active = ModelVersion.objects.active()
    if active is None:
        raise TrainingRefused("No model is active yet, so there is none to start from. Start a worker first.")
    try:
        read_recipe(settings.RETRAIN_RECIPE)
    except MlError as error:
        raise TrainingRefused(str(error)) from None
    registry.bundle_checked(active)
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                base=active,
                recipe=str(settings.RETRAIN_RECIPE),
                actor_id=account_id(actor),
                only_dataset=only_dataset,
            )
            if enqueue:
                _enqueue(run.pk)
    except IntegrityError:
        run = TrainingRun.objects.open().get()
        raise TrainingRefused(
            f"Training run {run.pk} is in progress ({run.step or 'waiting'}). "
            "Wait until it ends, or cancel it."
        ) from None
    return run


def _enqueue(pk: object) -> None:
    enqueue_on_commit("classifier.tasks.retrain", pk)


def run_cancel(*, run: TrainingRun) -> None:
    """End a run: at once where it waits, within seconds where a worker has it.

    Raises TrainingRefused where it has ended.
    """
    waiting = TrainingRun.objects.filter(pk=run.pk, status=Status.QUEUED)
    if waiting.update(status=Status.CANCELLED, is_open=False, finished=timezone.now()):
        steps.clear(run.pk)
        return
    if not TrainingRun.objects.filter(pk=run.pk, status=Status.RUNNING).update(cancel_requested=True):
        raise TrainingRefused("This run has ended already.")


def run_work(*, run_id: int) -> bool:
    """Claim a run and bring it to its end. Returns whether it was this call's to do.

    Not a transaction: it takes hours, and each step is on record for the process that goes on after a kill.
    """
    waiting = TrainingRun.objects.select_related("base", "dataset")
    run = waiting.claim(run_id, lease=LEASE, step="Starting")
    if run is None:
        return False
    logger.info("training run %s: attempt %s", run.pk, run.attempt)
    try:
        with steps.Watch(run, lease=LEASE) as watch:
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


def _end(run: TrainingRun, status: str, *, failure: str = "") -> None:
    """End the run, while it still is this attempt's."""
    facts = {"progress": 1.0} if status == Status.DONE else {}
    TrainingRun.objects.held_as(run).update(
        status=status,
        is_open=False,
        failure=failure,
        finished=timezone.now(),
        lease_until=None,
        **facts,
    )


def runs_sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Queue a run again whose lease ran out, unless that came too often; returns counts by what was done.

    For a run that waits a worker is woken again.
    """
    now = now or timezone.now()
    silent = TrainingRun.objects.lost(now, lease=LEASE)
    cancelled = _end_silent(silent.filter(cancel_requested=True), now, status=Status.CANCELLED)
    failed = _end_silent(
        silent.worn_out(),
        now,
        status=Status.FAILED,
        failure=f"The program that trains was stopped {TrainingRun.MAX_ATTEMPTS} times. "
        "It may lack memory: see the log of the trainer.",
    )
    requeued = silent.requeue(step="Waiting to go on")
    woken = TrainingRun.objects.wake_lost(now, queue="train", send=_enqueue)
    done = {"cancelled": cancelled, "failed": failed, "requeued": requeued, "woken": woken}
    logger.log(logging.INFO if any(done.values()) else logging.DEBUG, "training runs swept: %s", done)
    return done


def _end_silent(runs: TrainingRunQuerySet, now: datetime, *, status: str, failure: str = "") -> int:
    """End runs that no process works on any more, and remove what they left behind."""
    gone = list(runs.values_list("pk", flat=True))
    ended = TrainingRun.objects.filter(pk__in=gone)
    ended.update(status=status, failure=failure, is_open=False, finished=now, lease_until=None)
    for pk in gone:
        steps.clear(pk)
    return len(gone)
