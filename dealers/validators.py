"""Checks of what visitors type, shared by the form and the API."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError

MESSAGE_LENGTH = 4000

_PHONE = re.compile(r"(?:\+|00)[\d\s().\-/]+(?:\s*(?:x|ext\.?)\s*\d{1,6})?", re.IGNORECASE | re.ASCII)
_PHONE_HELP = "Enter the number with its country code, such as +49 89 1234567: 7 to 15 digits after the plus."


def clean_phone(value: str) -> str:
    """A telephone number as people wrote it, with `+` in front. Raises ValidationError if it can't be one."""
    value = " ".join(value.split())
    if not value:
        return ""
    if not _PHONE.fullmatch(value):
        raise ValidationError(_PHONE_HELP, code="invalid_phone")
    value = "+" + value[2:].lstrip() if value.startswith("00") else value
    digits = re.sub(r"\D", "", re.split(r"x|ext", value, maxsplit=1, flags=re.IGNORECASE)[0])
    if not 7 <= len(digits) <= 15 or digits.startswith("0"):
        raise ValidationError(_PHONE_HELP, code="invalid_phone")
    return value


def clean_line(value: str) -> str:
    """Text that has to stay on one line, because it goes into an e-mail's headers."""
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in value):
        raise ValidationError("Please write this on one line, without control characters.", code="one_line")
    return value.strip()


def clean_message(value: str) -> str:
    """Free text. Line ends become one character each, which is how the page counts the length."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in value):
        raise ValidationError(
            "The text contains invisible control characters. Remove them, or type it again.", code="control"
        )
    if len(value) > MESSAGE_LENGTH:
        raise ValidationError(
            f"The text has {len(value):,} characters; {MESSAGE_LENGTH:,} are allowed. Please shorten it.",
            code="max_length",
        )
    return value
