"""What workers do for dealers. Ids in, one service called."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task


@shared_task
def send_enquiry_mails(enquiry_id: str) -> None:
    """Send what is due of an enquiry's e-mails. Messages of before the one outbox carry this name."""
    from dealers import mails

    mails.enquiry_mails_send(enquiry_id=UUID(enquiry_id))


@shared_task
def sweep_mails() -> None:
    """Old task name, still in queues after an upgrade."""
    from core import mail

    mail.sweep()


@shared_task
def expire_enquiries() -> None:
    """Take what is personal out of enquiries past their time."""
    from dealers import services

    services.enquiries_expire()
