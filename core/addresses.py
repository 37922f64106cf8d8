"""The one way to read an e-mail address: valid, and one spelling for all that reach the same mailbox.

`post@MÜNCHEN.example`, `post@xn--mnchen-3ya.example` and `post@münchen.example` (with ü as one character or
as two) are one address; it is stored with the domain as people read it. Invisible characters around an
address come from copying, and are dropped; within one they are refused. Nothing here asks the network.
"""

from __future__ import annotations

import unicodedata

from email_validator import EmailSyntaxError, ValidatedEmail, validate_email

from core.errors import ExpectedError
from core.text import normalised

#: What the standards allow, and our columns hold.
MAX_LENGTH = 254

#: Mail services that do not tell dots in a mailbox's name apart.
_DOTLESS = {"gmail.com", "googlemail.com"}
_EXAMPLE = "It should look like name@example.org."


class AddressNotUsable(ExpectedError):
    """A text to which no e-mail can be sent."""

    code = "invalid_address"
    message = f"This is not an e-mail address. {_EXAMPLE}"


def normalise_email(text: str) -> str:
    """The one spelling of an address; idempotent. Raises AddressNotUsable."""
    text = _bare(text)
    if len(text) > MAX_LENGTH:
        raise AddressNotUsable(
            f"This e-mail address is too long: an address has at most {MAX_LENGTH} characters."
        )
    if any(unicodedata.category(sign) in ("Cf", "Cc", "Cs", "Zl", "Zp") for sign in text):
        raise AddressNotUsable(
            "This e-mail address has an invisible character in it, perhaps from copying. Type it by hand."
        )
    # Capital letters of a mailbox's name are told apart by no mail service of today.
    address = _checked(normalised("NFC", text.lower())).normalized
    if len(address) > MAX_LENGTH:
        raise AddressNotUsable(
            f"This e-mail address is too long: an address has at most {MAX_LENGTH} characters."
        )
    return address


def lenient_email(text: str) -> str:
    """The one spelling where there is one, else the text in lower case: to find what was stored once."""
    try:
        return normalise_email(text)
    except AddressNotUsable:
        return _bare(text).lower()


def ascii_email(text: str) -> str:
    """An address for mail servers that know ASCII alone: with an encoded domain.

    Raises AddressNotUsable, also where the name before the @ has other characters: it has no other spelling.
    """
    written = _checked(normalise_email(text)).ascii_email
    if written is None:
        raise AddressNotUsable(
            "Our mail server can't write to this address, because the part before the @ has letters beyond "
            "a to z. Use another address."
        )
    return written


def mailbox(text: str) -> str:
    """What an address counts as where the letters to one mailbox are limited.

    `ada+cars@example.org` reaches the same person as `ada@example.org`.
    """
    address = lenient_email(text)
    name, at, domain = address.rpartition("@")
    name = name.partition("+")[0] or name
    if domain in _DOTLESS:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}{at}{domain}"


def _bare(text: str) -> str:
    """Without spaces and invisible characters around it."""
    start, end = 0, len(text)
    while start < end and _is_blank(text[start]):
        start += 1
    while end > start and _is_blank(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_blank(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in ("Cf", "Cc")


def _checked(address: str) -> ValidatedEmail:
    try:
        return validate_email(address, check_deliverability=False)
    except EmailSyntaxError:
        raise AddressNotUsable from None
    except (ValueError, UnicodeError):  # odd code points that its libraries trip over
        raise AddressNotUsable from None
