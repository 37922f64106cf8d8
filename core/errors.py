"""The one base of all errors that the site expects: a stable code, an HTTP status and words for people.

Apps raise subclasses. Pages show `message`, the API answers `{code, message, fields}` with `status`
(`core.api.exception_handler`), commands turn `message` into a CommandError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class ExpectedError(Exception):
    """Something that is no defect: the visitor, the data or another service is the reason.

    `code` is stable and for programs. `message` says what happened, what it means and what to do next.
    `fields` names inputs with their messages. `retry_after`, in seconds, says when the same request may
    succeed.
    """

    code = "error"
    status = 400
    message = "That did not work."
    retry_after: int | None = None

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        status: int = 0,
        fields: Mapping[str, Sequence[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.status = status or self.status
        self.fields = {name: list(messages) for name, messages in (fields or {}).items()}
        if retry_after is not None:
            self.retry_after = retry_after
        super().__init__(self.message)
