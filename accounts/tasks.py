"""What workers do for accounts. Ids in, one service called."""

from __future__ import annotations

from celery import shared_task


@shared_task
def send_letter(letter_id: int) -> None:
    """Old task name, still in queues after an upgrade.

    The e-mail has another id in the outbox by now, where the sweep finds it.
    """
    from core import mail

    mail.sweep()


@shared_task
def sweep_letters() -> None:
    """Old task name, still in queues after an upgrade."""
    from core import mail

    mail.sweep()


@shared_task
def clear_sessions() -> None:
    """Delete sessions and API tokens that have ended."""
    from accounts import services

    services.sessions_clear()
    services.tokens_clear()
