"""How many photos one person or address may send. The rates and the counting are in `core.limits`."""

from __future__ import annotations

from django.http import HttpRequest

from classifier.exceptions import QuotaExceeded
from core import limits


def count_photo(request: HttpRequest) -> None:
    """Count one photo of the sender of `request`.

    Raises QuotaExceeded, with seconds to wait, past the quota.
    """
    is_known = request.user.is_authenticated
    try:
        limits.spend(limits.PHOTOS if is_known else limits.GUEST_PHOTOS, limits.sender_of(request))
    except limits.LimitReached as reached:
        wait = reached.retry_after or 0
        when = f"in {limits.in_words(wait)}"
        if is_known:
            text = f"You have sent {reached.limit} photos a day, which is the most. Try again {when}."
        else:
            text = (
                f"You have sent {reached.limit} photos an hour without an account, which is the most. "
                f"Sign in to send more, or try again {when}."
            )
        raise QuotaExceeded(text, retry_after=wait) from None
