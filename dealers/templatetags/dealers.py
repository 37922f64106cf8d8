"""Distances as people read them, telephone numbers as telephones do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

register = template.Library()

METRES_IN_MILE = 1609.344


@register.filter
def distance(metres: float, units: str) -> str:
    """Metres as kilometres or, where `units` is "imperial", miles; one decimal below ten."""
    value, unit = (metres / METRES_IN_MILE, "mi") if units == "imperial" else (metres / 1000, "km")
    return f"{value:.1f}\u00a0{unit}" if value < 9.95 else f"{value:,.0f}\u00a0{unit}"


@register.filter
def dialled(phone: str) -> str:
    """What a telephone dials: "+49891234567;ext=12" → "+49891234567"."""
    number = _parsed(phone)
    return f"+{number.country_code}{_digits(number)}" if number else phone


@register.filter
def telephone(phone: str, country: str) -> str:
    """A number as people of its country write it, with its country code for those of another one."""
    import phonenumbers as numbers

    number = _parsed(phone)
    if number is None:
        return phone
    at_home = country == numbers.region_code_for_number(number)
    style = numbers.PhoneNumberFormat.NATIONAL if at_home else numbers.PhoneNumberFormat.INTERNATIONAL
    return numbers.format_number(number, style)


def _parsed(phone: str) -> PhoneNumber | None:
    """None for what is no number: rows of before numbers were checked hold what was typed."""
    import phonenumbers as numbers

    try:
        return numbers.parse(phone, None)
    except numbers.NumberParseException:
        return None


def _digits(number: PhoneNumber) -> str:
    import phonenumbers as numbers

    return numbers.national_significant_number(number)
