"""Make, model and trim of a car: as they are stated, else out of titles."""

from __future__ import annotations

import re
from typing import NamedTuple

from core.text import squash
from scraper.reading.cars import RawField
from scraper.reading.normalise.draft import Draft
from scraper.reading.normalise.names import make_of, models, split_model, tidy
from scraper.reading.normalise.titles import Title, title

_LONGEST_TRIM = 80


class Identity(NamedTuple):
    """Canonical names, or as the page spells unknown ones; empty where it says none.

    `year` is the one of a title.
    """

    make: str
    model: str
    trim: str
    year: int | None


class _Name(NamedTuple):
    """A name and the statement that it was taken from; None where that is a title."""

    text: str
    said: RawField | None = None


class _Spoken(NamedTuple):
    """A title of the page, and the same taken apart."""

    said: RawField
    title: Title


def identify(draft: Draft) -> Identity:
    """The names of the car; each leaves the statement that it comes from among the values."""
    titles = [_Spoken(said, title(said.text)) for said in draft.stated("name")]
    make = _make(draft, titles)
    own_titles = [one for one in titles if one.title.make == make.text]
    stated_models = [one for one in draft.stated("model") if not _is_year(one.text, make.text)]
    model, trim = _model_and_trim(make.text, stated_models, own_titles)
    trim = _stated_trim(draft, make.text, stated_models) or trim
    origin = next((one.said for one in own_titles if one.title.make), None)
    for key, name in (("make", make), ("model", model), ("trim", trim)):
        if name.text and (said := name.said or origin):
            draft.keep_text(key, said, name.text)
    year = next((one.title.year for one in own_titles if one.title.year), _first_with_make(titles).year)
    return Identity(make.text, model.text, trim.text, year)


def _make(draft: Draft, titles: list[_Spoken]) -> _Name:
    """The first stated make that is known; else a title's; else the first stated one, whatever it is."""
    stated = [one for one in draft.stated("make") if not one.text.isdigit()]
    known = next((one for one in stated if make_of(one.text)), None)
    if known:
        return _Name(make_of(known.text), known)
    spoken = _first_with_make(titles).make
    return _Name(tidy(stated[0].text), stated[0]) if stated and not spoken else _Name(spoken)


def _first_with_make(titles: list[_Spoken]) -> Title:
    return next((one.title for one in titles if one.title.make), Title())


def _model_and_trim(make: str, stated: list[RawField], titles: list[_Spoken]) -> tuple[_Name, _Name]:
    """The stated model and trim; else those of a title.

    A stated model does not count where it is the make again, or a code that no title knows.
    """
    spoken = next((one.title for one in titles if one.title.model), Title())
    said = next((one for one in stated if not _is_version(one.text, make)), None)
    if said is None and stated and not spoken.model:
        said = stated[0]
    if said is None:
        return _Name(spoken.model), _Name(spoken.trim)
    model, trim = split_model(make, said.text)
    if make_of(model) == make or (spoken.model and _is_code(make, model, titles)):
        return _Name(spoken.model), _Name(spoken.trim)
    if not trim and squash(model) == squash(spoken.model):
        trim = spoken.trim
    return _Name(model, said), _Name(trim)


def _stated_trim(draft: Draft, make: str, stated_models: list[RawField]) -> _Name | None:
    """The trim as it is stated; the first "model" may be one, too."""
    versions = (one for one in stated_models[:1] if _is_version(one.text, make))
    said = next(iter((*draft.stated("trim"), *versions)), None)
    return _Name(" ".join(said.text.split())[:_LONGEST_TRIM], said) if said else None


def _is_code(make: str, model: str, titles: list[_Spoken]) -> bool:
    """Whether a "model" is its maker's code ("J1").

    No title of the page says it, but they name a known model.
    """
    key = squash(model)
    return key not in models(make) and not any(key in squash(one.said.text) for one in titles)


def _is_year(text: str, make: str) -> bool:
    """Whether a "model" is a model year: some sites label it so. A Peugeot 2008 is none."""
    return bool(re.fullmatch(r"(?:19|20)\d\d", text.strip())) and squash(text) not in models(make)


def _is_version(text: str, make: str) -> bool:
    """Whether a "model" is a version of one: it begins with the size of its engine."""
    said = split_model(make, text)[0]  # "Hyundai 2.0 GLS" repeats the make
    return bool(re.match(r"\d[.,]\d\s\S", said)) and squash(said) not in models(make)
