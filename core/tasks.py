"""What workers do for the outbox. Ids in, one service called."""

from __future__ import annotations

from celery import shared_task


@shared_task
def send_email(email_id: int) -> None:
    """Send one e-mail that waits."""
    from core import mail

    mail.send(email_id=email_id)


@shared_task
def sweep_outbox() -> None:
    """Bring e-mails on that wait, and end those past their time."""
    from core import mail

    mail.sweep()
