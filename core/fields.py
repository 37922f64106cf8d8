"""E-mail addresses in forms and in the API: one spelling for all that reach the same mailbox."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator

from core.addresses import MAX_LENGTH, AddressNotUsable, lenient_email, normalise_email


def check_email(value: object) -> None:
    """A validator for fields that hold addresses. Raises a ValidationError that says what is wrong."""
    try:
        normalise_email(str(value))
    except AddressNotUsable as error:
        raise ValidationError(error.message, code=error.code) from None


class EmailInput(forms.TextInput):
    """A line of text with the keyboard for addresses.

    Not `type="email"`: browsers refuse what is not ASCII before the @, and do it in words of their own.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        usual = {
            "inputmode": "email",
            "autocomplete": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        super().__init__(usual | (attrs or {}))


class EmailField(forms.EmailField):
    """An address to which letters will be sent, in its one spelling."""

    widget = EmailInput
    default_validators = [ProhibitNullCharactersValidator(), check_email]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_LENGTH, **kwargs})

    def to_python(self, value: object) -> str:
        """The one spelling; what is no address is left to `check_email`."""
        return lenient_email(str(super().to_python(value) or ""))
