"""What the queue carries: an id in, one service called."""

from celery import Task, shared_task

from classifier import services


@shared_task(bind=True, soft_time_limit=25, time_limit=28)
def identify(self: Task, identification_id: str) -> None:
    """Answer one photo. Time limits stay below the lease, so a worker that hangs is gone before another one starts."""
    redelivered = bool((self.request.delivery_info or {}).get("redelivered"))
    services.identification_run(identification_id=identification_id, redelivered=redelivered)


@shared_task(expires=30)
def sweep() -> None:
    """Bring stale photos on (beat)."""
    services.identifications_sweep()


@shared_task
def expire_guest_photos() -> None:
    """Delete guests' photos past their retention (beat)."""
    services.guest_photos_expire()
