"""Numbers as the world writes them: "34.990", "1,995", "74 983", "12'500", "12,34,567", "5.4", "२०"."""

from __future__ import annotations

import re

# Spaces and apostrophes join digits only where they group thousands: "74 983", not "3 2.0".
NUMBER = r"(?:\d{1,3}(?:[\u00a0\u202f\u2009 '’]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*)"
_SPACES = re.compile(r"[\u00a0\u202f\u2009 '’]")
_INDIAN = re.compile(r"\d{1,3}(?:,\d{2})+,\d{3}(?:\.\d+)?")


def meanings(text: str, decimal: str) -> list[float]:
    """What the digits in `text` can mean, most likely first; `decimal` is the page's decimal mark.

    One mark with three digits behind it can be either kind ("1.995"): the language decides, the caller may
    take the second meaning where the first makes no sense.
    """
    text = _SPACES.sub("", text)
    if not re.fullmatch(r"\d+(?:[.,]\d+)*", text):
        return []
    return [_number(text, mark) for mark in _decimal_marks(text, decimal)]


def _decimal_marks(text: str, decimal: str) -> list[str]:
    """The marks of a number that can be decimal ones, most likely first; empty where it has no decimals."""
    marks = [c for c in text if c in ".,"]
    if not marks:
        return [""]
    last = marks[-1]
    if len(set(marks)) == 2:
        return [last] if marks.count(last) == 1 else []
    head, *groups = text.split(last)
    is_grouped = all(len(group) == 3 for group in groups) and 1 <= len(head) <= 3 and head != "0"
    if len(groups) > 1:
        return [""] if is_grouped or _INDIAN.fullmatch(text) else []
    if not is_grouped:
        return [last]
    return [last, ""] if last == decimal else ["", last]


def _number(text: str, decimal: str) -> float:
    for mark in ".,":
        text = text.replace(mark, "." if mark == decimal else "")
    return float(text)
