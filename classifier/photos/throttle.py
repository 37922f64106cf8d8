"""How many photos one person or address may send. Counted in the shared cache, so all web processes count together."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from classifier.exceptions import QuotaExceeded


def count_photo(request: HttpRequest) -> None:
    """Count one photo of the sender of `request`. Raises QuotaExceeded, with seconds to wait, past the quota."""
    if request.user.is_authenticated:
        key, limit, seconds = f"photos-of-{request.user.pk}", settings.UPLOADS_PER_DAY, 86_400
        what = f"{limit} photos a day"
        then = "Try again tomorrow."
    else:
        address = request.META["REMOTE_ADDR"]
        key, limit, seconds = f"photos-from-{address}", settings.GUEST_UPLOADS_PER_HOUR, 3_600
        what = f"{limit} photos an hour without an account"
        then = "Sign in to send more, or try again in an hour."
    cache.add(key, 0, seconds)
    try:
        used = cache.incr(key)
    except ValueError:  # expired between the two calls
        used = 1
    if used > limit:
        raise QuotaExceeded(f"You have sent {what}, which is the most. {then}", retry_after=seconds)
