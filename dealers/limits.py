"""How many enquiries may be sent: a letter to a dealer and one to an address that a visitor typed.

Each is counted for the account, the address and the network it comes from, and for the mailbox that is
given: accounts are made quickly, and nobody may fill a stranger's inbox. What all of them send together has a
ceiling a day, per dealer and for the site; when it is reached, staff are told (`dealers.ceilings`).
"""

from __future__ import annotations

from django.http import HttpRequest

from core import limits
from core.addresses import mailbox
from dealers.ceilings import ceilings_check
from dealers.exceptions import TooManyEnquiries
from dealers.models import Dealer


def enquiry_spend(request: HttpRequest, *, email: str, dealer: Dealer) -> None:
    """Counts one enquiry. Raises TooManyEnquiries or CeilingReached where a limit is used up already."""
    ceilings_check(dealer=dealer)
    acts = [("enquiry", sender) for sender in (*limits.senders_of(request), f"mailbox:{mailbox(email)}")]
    acts.append(("enquiry_network", limits.network_of(request)))
    try:
        limits.spend_each(acts)
    except limits.LimitReached as reached:
        raise TooManyEnquiries(limit=reached.limit, retry_after=reached.retry_after or 0) from None
