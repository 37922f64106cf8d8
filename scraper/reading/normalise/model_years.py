"""The model years of a car."""

from __future__ import annotations

import re

from scraper.reading.cars import RawField
from scraper.reading.normalise.draft import Draft
from scraper.reading.normalise.titles import title
from scraper.reading.normalise.years import years

_BUILT = re.compile(r"(?:\(|\s)((?:19|20)\d\d\s?[-–]\s?(?:19|20)\d\d)(?:\)|\s|$)")
_YEARS_TO_REGISTRATION = (
    2  # a car is registered in the year before its model year at the earliest, or soon after
)

Span = tuple[int, int]


def model_years(draft: Draft, spoken: int | None) -> Span | None:
    """First and last model year.

    As stated; else the year of a title, which is `spoken`; else the years in which a title says that the car
    was built. The year of first registration stands in where no model year is stated.
    """
    return _stated(draft, spoken) or _of_title(draft, spoken) or _built(draft)


def _stated(draft: Draft, spoken: int | None) -> Span | None:
    for said in (*draft.stated("year"), *draft.stated("first_registration")):
        span = years(said.text)
        if not said.label and spoken and str(spoken) not in said.text:
            draft.refuse(said, "the title says otherwise")
        elif span is None:
            draft.refuse(said, "no year")
        else:
            return _keep(draft, said, _model_year(said, span, spoken))
    return None


def _model_year(said: RawField, span: Span, spoken: int | None) -> Span:
    """A car that was registered soon after the model year that its title names is of that model year."""
    is_registration = said.key == "first_registration"
    if is_registration and spoken and 0 <= span[0] - spoken <= _YEARS_TO_REGISTRATION:
        return spoken, spoken
    return span


def _of_title(draft: Draft, spoken: int | None) -> Span | None:
    if not spoken:
        return None
    said = next(one for one in draft.stated("name") if title(one.text).year == spoken)
    return _keep(draft, said, (spoken, spoken))


def _built(draft: Draft) -> Span | None:
    for said in draft.stated("name"):
        if (built := _BUILT.search(said.text)) and (span := years(built[1])):
            return _keep(draft, said, span)
    return None


def _keep(draft: Draft, said: RawField, span: Span) -> Span:
    draft.keep_range("year", said, *span)
    return span
