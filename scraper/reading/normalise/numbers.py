"""Numbers as the world writes them: "34.990", "1,995", "74 983", "12'500", "12,34,567", "5.4", "२०"."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Spaces and apostrophes join digits only where they group thousands: "74 983", not "3 2.0".
NUMBER = r"(?:\d{1,3}(?:[\u00a0\u202f\u2009 '’]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*)"
_SPACES = re.compile(r"[\u00a0\u202f\u2009 '’]")
_INDIAN = re.compile(r"\d{1,3}(?:,\d{2})+,\d{3}(?:\.\d+)?")


def readings(text: str, decimal: str) -> Iterator[float]:
    """What the digits in `text` can mean, most likely first; `decimal` is the decimal mark of the page's
    language.

    One mark with three digits behind it can be either kind ("1.995"): the language decides, the caller may
    take the second reading where the first makes no sense.
    """
    text = _SPACES.sub("", text)
    if not re.fullmatch(r"\d+(?:[.,]\d+)*", text):
        return
    marks = [c for c in text if c in ".,"]
    if not marks:
        yield float(text)
        return
    last = marks[-1]
    if len(set(marks)) == 2:
        if marks.count(last) == 1:
            yield _number(text, last)
        return
    head, *groups = text.split(last)
    grouped = all(len(group) == 3 for group in groups) and 1 <= len(head) <= 3 and head != "0"
    if len(groups) > 1:
        if grouped or _INDIAN.fullmatch(text):
            yield _number(text, "")
        return
    if not grouped:
        yield _number(text, last)
    elif last == decimal:
        yield from (_number(text, last), _number(text, ""))
    else:
        yield from (_number(text, ""), _number(text, last))


def _number(text: str, decimal: str) -> float:
    for mark in ".,":
        text = text.replace(mark, "." if mark == decimal else "")
    return float(text)


def written(value: float, *, decimal: str = ".", group: str = ",") -> str:
    """A number in a style, at most three decimals: the inverse of `readings`."""
    whole, _, rest = f"{value:.3f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    rest = rest.rstrip("0")
    return f"{grouped}{decimal}{rest}" if rest else grouped
