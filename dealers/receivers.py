"""What accounts do that concerns enquiries; accounts know nothing of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.http import HttpRequest

from dealers import access, services


@receiver(user_logged_in, dispatch_uid="dealers.claim")
def claim(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """What this browser asked as a guest belongs to the account from now on."""
    if hasattr(request, "session"):
        services.enquiries_claim(user=user, enquiry_ids=access.open_doors(request, access.Door.SENDER))


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="dealers.erase")
def erase(instance: Any, **kwargs: Any) -> None:
    """A deleted account leaves nothing personal in its enquiries."""
    services.enquiries_erase(user=instance)
