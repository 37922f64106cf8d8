"""Years as pages state them: "2016", "03/2016", "EZ 2016-03-21", "1994–2001", "2021-present", "2016.5"."""

from __future__ import annotations

import datetime
import re

FIRST = 1885
_YEAR = r"(?<![\d,])(?<!\d{{3}}\.)(?P<{}>(?:18|19|20)\d\d)(?!\d|[.,]\d{{3}})"
_RANGE = re.compile(
    _YEAR.format("first")
    + r"\s*(?:-|–|—|to|bis|à|au|a|al|till|t/m|/)\s*(?:[^\W\d_]{3,10}\.?,?\s+|\d{1,2}[./])?"
    + _YEAR.format("last")
)
_ONE = re.compile(_YEAR.format("year"))
_BUILT_AND_MODEL = re.compile(r"((?:19|20)\d\d)\s?/\s?((?:19|20)\d\d)")
_SHORT_DATE = re.compile(r"^(?:0?[1-9]|1[0-2])\s*[/.\-]\s*(\d\d)$")


def latest() -> int:
    """The newest model year that can be: makers announce them ahead."""
    return datetime.datetime.now(datetime.UTC).year + 2


def years(text: str) -> tuple[int, int] | None:
    """First and last year of a text; None where it names none, or several that are no range.

    Production that goes on ends with the year it is stated for, which a page doesn't say: such a range is its
    first year on.
    """
    said = text.casefold().strip()
    both = _BUILT_AND_MODEL.fullmatch(said)
    if both and int(both[2]) - int(both[1]) == 1 and _is_sensible(int(both[2])):
        return int(both[2]), int(both[2])  # Brazil states the year of building and the model year so
    if match := _RANGE.search(said):
        first, last = int(match["first"]), int(match["last"])
        return (first, last) if first <= last and _are_sensible(first, last) else None
    if named := {int(year) for year in _ONE.findall(said)}:
        span = min(named), max(named)
        # Several years are a range only where each stands in a line of its own.
        return span if (len(named) == 1 or "\n" in text) and _are_sensible(*named) else None
    return _of_short_date(said)


def _of_short_date(said: str) -> tuple[int, int] | None:
    """The year of "03/16"."""
    match = _SHORT_DATE.match(said)
    if not match:
        return None
    century = 2000 if int(match[1]) <= latest() - 2000 else 1900
    return century + int(match[1]), century + int(match[1])


def _are_sensible(*years_said: int) -> bool:
    return all(map(_is_sensible, years_said))


def _is_sensible(year: int) -> bool:
    return FIRST <= year <= latest()
