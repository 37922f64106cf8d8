"""Checks of what visitors type, shared by the form and the API."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

from core.addresses import AddressNotUsable, normalise_email

MESSAGE_LENGTH = 4000
#: Longer than any number that people write.
PHONE_LENGTH = 60
#: Digits without the country code; what is shorter is an extension, or a service's number.
SHORTEST_PHONE = 6

#: Signs that turn the direction of the text after them: a name with one makes the rest of a line unreadable.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_PHONE_HELP = (
    "This is no telephone number that can be called{where}. Enter all its digits, from abroad with the "
    "country code, such as +49 89 1234567."
)


def clean_email(value: str) -> str:
    """An address in its one spelling. Raises ValidationError where no e-mail can be sent to it."""
    try:
        return normalise_email(value)
    except AddressNotUsable as error:
        raise ValidationError(error.message, code="invalid") from None


def clean_phone(value: str, country: str = "") -> str:
    """A telephone number as people write it, in the form of RFC 3966 without "tel:": "+49891234567;ext=12".

    `country` (ISO 3166-1) is whose number it is where no country code is said. Raises ValidationError.
    """
    import phonenumbers as numbers

    value = " ".join(unicodedata.normalize("NFKC", value).split())
    if not value:
        return ""
    where = "" if country else " without a country code"
    try:
        number = numbers.parse(_with_country_code(value), country or None)
    except numbers.NumberParseException:
        raise ValidationError(_PHONE_HELP.format(where=where), code="invalid_phone") from None
    possible = numbers.is_possible_number_with_reason(number) == numbers.ValidationResult.IS_POSSIBLE
    too_short = len(numbers.national_significant_number(number)) < SHORTEST_PHONE
    if not possible or too_short or not _has_only_signs_of_numbers(value):
        raise ValidationError(_PHONE_HELP.format(where=where), code="invalid_phone")
    written = numbers.format_number(number, numbers.PhoneNumberFormat.E164)
    return f"{written};ext={number.extension}" if number.extension else written


def _with_country_code(value: str) -> str:
    """ "00" in front means what a plus does, in countries that dial otherwise too."""
    return f"+{value[2:]}" if value.startswith("00") else value


def _has_only_signs_of_numbers(value: str) -> bool:
    """Letters stand in "ext. 12" and "tel: …" at most; the library would skip any others."""
    words = "".join(sign if sign.isalpha() else " " for sign in value.lower()).split()
    return set(words) <= {"x", "ext", "extn", "extension", "tel", "phone", "int", "poste", "доб", "app"}


def clean_line(value: str) -> str:
    """Text that has to stay on one line, because it goes into an e-mail's headers."""
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in value):
        raise ValidationError("Please write this on one line, without control characters.", code="one_line")
    return value.translate(_TURNS).strip()


def clean_message(value: str) -> str:
    """Free text. Line ends become one character each, which is how the page counts the length."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in value):
        raise ValidationError(
            "The text contains invisible control characters. Remove them, or type it again.", code="control"
        )
    if len(value) > MESSAGE_LENGTH:
        raise ValidationError(
            f"The text has {len(value):,} characters; {MESSAGE_LENGTH:,} are allowed. Please shorten it.",
            code="max_length",
        )
    return value
