"""Work done apart from requests: sending letters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import shared_task

from dealers.exceptions import MailFailed

RETRY_MAX_SECONDS = 480
"""Below the broker's visibility timeout (600 s): a longer countdown would be delivered twice."""


@shared_task(bind=True, max_retries=3)
def send_enquiry_mails(self: Any, enquiry_id: str) -> None:
    """Sends what has not left yet. Only a mail server's failure is tried again here; later tries are the sweeper's."""
    from dealers import services

    try:
        services.enquiry_mail(enquiry_id=UUID(enquiry_id))
    except MailFailed as error:
        if error.retry_after <= RETRY_MAX_SECONDS:
            raise self.retry(exc=error, countdown=error.retry_after) from error


@shared_task
def sweep_mails() -> None:
    """Rings again for letters that were lost on the way: broker away, worker killed, mail server down."""
    from dealers import services

    services.mails_sweep()


@shared_task
def expire_enquiries() -> None:
    """Takes what is personal out of enquiries past their time."""
    from dealers import services

    services.enquiries_expire()
