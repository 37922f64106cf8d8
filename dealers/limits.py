"""How many enquiries one sender may send: one limit, `enquiry` of `core.limits`, for pages and API.

Counted twice, each on its own: for the account, or else the address it comes from; and for the e-mail address
that is given, because the visitor's copy must not become a way to fill a stranger's inbox.
"""

from __future__ import annotations

from django.http import HttpRequest

from core import limits
from dealers.exceptions import TooManyEnquiries


def enquiry_spend(request: HttpRequest, *, email: str) -> None:
    """Counts one enquiry. Raises TooManyEnquiries where the limit is used up already."""
    try:
        for sender in (limits.sender_of(request), f"email:{email.strip().lower()}"):
            limits.spend("enquiry", sender)
    except limits.LimitReached as reached:
        raise TooManyEnquiries(limit=reached.limit, retry_after=reached.retry_after or 0) from None
