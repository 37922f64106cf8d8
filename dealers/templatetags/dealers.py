"""Distances as people read them, telephone numbers as telephones do."""

from __future__ import annotations

import re

from django import template

register = template.Library()

METRES_IN_MILE = 1609.344


@register.filter
def distance(metres: float, units: str) -> str:
    """Metres as kilometres or, where `units` is "imperial", miles; one decimal below ten."""
    value, unit = (metres / METRES_IN_MILE, "mi") if units == "imperial" else (metres / 1000, "km")
    return f"{value:.1f}\u00a0{unit}" if value < 9.95 else f"{value:,.0f}\u00a0{unit}"


@register.filter
def dialled(phone: str) -> str:
    """What a telephone dials of a number as people write it: "+49 89 1234567" → "+49891234567"."""
    number = re.split(r"x|ext", phone, maxsplit=1, flags=re.IGNORECASE)[0]
    return "".join(sign for sign in number if sign in "+0123456789")
