"""What workers do for accounts. Ids in, one service called."""

from __future__ import annotations

from celery import shared_task


@shared_task
def send_letter(letter_id: int) -> None:
    """Send one mail that waits."""
    from accounts import services

    services.letter_send(letter_id=letter_id)


@shared_task
def sweep_letters() -> None:
    """Bring unsent mails on."""
    from accounts import services

    services.letters_sweep()


@shared_task
def clear_sessions() -> None:
    """Delete sessions that have ended."""
    from accounts import services

    services.sessions_clear()
