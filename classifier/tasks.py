"""What the queue carries: an id in, one service called."""

from __future__ import annotations

import os

from celery import Task, shared_task

from classifier.answers import identify as answering
from classifier.answers.sweep import identifications_sweep

DAY = 86_400


@shared_task(bind=True, soft_time_limit=25, time_limit=28)
def identify(self: Task, identification_id: str) -> None:
    """Answer one photo.

    Time limits stay below the lease, so a worker that hangs is gone before another one starts.
    """
    redelivered = bool((self.request.delivery_info or {}).get("redelivered"))
    answering.identification_run(identification_id=identification_id, redelivered=redelivered)


@shared_task(expires=30)
def sweep() -> None:
    """Bring stale photos on (beat)."""
    from classifier.training import reference_photos

    identifications_sweep()
    reference_photos.reference_photos_sweep()


@shared_task(expires=120)
def read_reference_photos() -> None:
    """Read the reference photos that the active model has not seen, so that it knows their cars."""
    from classifier.training import reference_photos

    reference_photos.reference_photos_read()


@shared_task(soft_time_limit=480, time_limit=540)
def expire_guest_photos() -> None:
    """Delete guests' photos past their retention (beat)."""
    from classifier.photos.delete import guest_photos_expire

    guest_photos_expire()


@shared_task(expires=60, soft_time_limit=50, time_limit=55)
def look_again() -> None:
    """A batch of shadow runs and of backfill while no visitor waits; by beat, and after each answer."""
    from classifier.training import backfill

    backfill.look_again()


@shared_task(acks_late=False, soft_time_limit=30 * DAY, time_limit=30 * DAY + 60)
def retrain(run_id: int) -> None:
    """Do a training run (queue `train`). Acknowledged at once: where it dies, the sweep queues it again."""
    from classifier.training import runs

    os.nice(10)  # visitors come first; the process ends with the task
    runs.run_work(run_id=run_id)


@shared_task(expires=60)
def sweep_runs() -> None:
    """Bring training runs on whose worker is gone (beat)."""
    from classifier.training import runs

    runs.runs_sweep()
