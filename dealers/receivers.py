"""What happens elsewhere and concerns enquiries: sign-in, deletion of an account, an e-mail that left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.http import HttpRequest

from core.mail import email_given_up, email_left
from core.models import OutgoingEmail
from dealers import access, mails, services

if TYPE_CHECKING:
    from accounts.models import User


@receiver(user_logged_in, dispatch_uid="dealers.claim")
def claim(request: HttpRequest, user: User, **kwargs: object) -> None:
    """What this browser asked as a guest belongs to the account from now on."""
    if hasattr(request, "session"):
        services.enquiries_claim(user=user, enquiry_ids=access.open_doors(request, access.Door.SENDER))


@receiver(email_left, dispatch_uid="dealers.mailed")
def note_mailed(email: OutgoingEmail, **kwargs: object) -> None:
    """An enquiry says when its e-mails left."""
    mails.enquiry_mailed(email=email)


@receiver(email_given_up, dispatch_uid="dealers.given_up")
def note_given_up(emails: list[int], **kwargs: object) -> None:
    """The log says which enquiry has lost an e-mail; its pages and /metrics read it from its rows."""
    mails.enquiry_mails_given_up(emails=emails)


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="dealers.erase")
def erase(instance: User, **kwargs: object) -> None:
    """A deleted account leaves nothing personal in its enquiries."""
    services.enquiries_erase(user=instance)
