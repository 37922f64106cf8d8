"""What can go wrong with dealers and enquiries, in words for people."""

from __future__ import annotations

from core.errors import ExpectedError
from core.limits import in_words


class DealersError(ExpectedError):
    """Base of this app's expected errors."""

    code = "dealers_error"


class UnknownPlace(DealersError):
    """A typed place that the list of cities does not have."""

    code = "unknown_place"

    def __init__(self, text: str, suggestions: list[str]) -> None:
        self.text, self.suggestions = text, suggestions
        hint = f" Did you mean {' or '.join(suggestions)}?" if suggestions else " Try a bigger city nearby."
        super().__init__(f"We could not find a place called “{text}”.{hint}", fields={"near": suggestions})


class UnknownMake(DealersError):
    """A make that the catalogue does not have."""

    code = "unknown_make"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"The catalogue has no make “{slug}”. Choose one from the list.", fields={"make": [slug]}
        )


class EvidenceGone(DealersError):
    """A photo that was to go along with an enquiry and is no longer the sender's to send."""

    code = "evidence_gone"
    message = (
        "The photo you wanted to attach is no longer there, so nothing was sent. "
        "Send it again to ask without the photo."
    )


class TooManyEnquiries(DealersError):
    """The sender's limit is used up; `retry_after` is in seconds."""

    code = "throttled"
    status = 429

    def __init__(self, *, limit: int, retry_after: int) -> None:
        minutes = max(1, -(-retry_after // 60))
        wait = f"{minutes} minute{'' if minutes == 1 else 's'}"
        super().__init__(
            f"You have sent {limit} enquiries in a short time, which is the maximum. "
            f"Nothing was sent now. Please send it again in {wait}.",
            retry_after=retry_after,
        )


class CeilingReached(DealersError):
    """A dealer, or the site, has passed on as many enquiries in a day as it may."""

    code = "throttled"
    status = 429

    def __init__(self, *, dealer: str, phone: str, retry_after: int) -> None:
        who = f"{dealer} has" if dealer else "Our dealers have"
        call = f" or call {phone}" if dealer and phone else ""
        super().__init__(
            f"{who} been asked very often today, so nothing was sent now. What you wrote is still here: "
            f"please send it again in {in_words(retry_after)}{call}.",
            retry_after=retry_after,
        )


class IllegalTransition(DealersError):
    """A status that cannot follow the present one."""

    code = "illegal_transition"
    status = 409

    def __init__(self, *, current: str, wanted: str) -> None:
        super().__init__(f"A lead that is “{current}” cannot become “{wanted}”.", fields={"status": [wanted]})


class StatusChanged(DealersError):
    """A colleague changed the lead in the meantime."""

    code = "status_changed"
    status = 409

    def __init__(self, *, current: str) -> None:
        super().__init__(
            f"Somebody else has just changed this lead to “{current}”. "
            "Your change was not saved; please check it again."
        )


class LinkExpired(DealersError):
    """A signed link from an e-mail that is too old."""

    code = "link_expired"
    status = 410
    message = "This link has expired. Sign in to see the enquiry."
