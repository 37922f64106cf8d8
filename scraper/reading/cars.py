"""A car as a page states it, and in typed values: what fetching, normalising and staging exchange.

Plain data, no Django: a spider's process and `manage.py extract` use it without a database.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RawField:
    """One statement of a page: its label and text untouched, and the canonical key that the label stands for.

    `key` is one of `scraper.reading.vocabulary.KEYS`, or empty where the label is not known (it is kept and
    counted, never guessed). `unit` is what the page says beside the text or by the name of a structured
    property ("KMT", "hp"), empty otherwise.
    """

    key: str
    label: str
    text: str
    unit: str = ""


@dataclass(frozen=True)
class RawPhoto:
    """A photo that a page shows; address absolute."""

    url: str
    alt: str = ""
    credit: str = ""
    licence: str = ""


@dataclass(frozen=True)
class RawCar:
    """One car of one page.

    `record` tells several cars of a page apart and is stable from one visit to the next.
    """

    source: str
    url: str
    record: str
    fields: tuple[RawField, ...]
    photos: tuple[RawPhoto, ...] = ()
    language: str = "en"


@dataclass(frozen=True)
class Value:
    """A typed value with the words it comes from.

    Numbers are a range in the unit of `catalog.specs.vocabulary` (or of the vocabulary), equal where there is
    one number; `text` is canonical words, several joined by "; "; `currency` is ISO 4217. `unit` is the one
    that the page states the figure in, by its name in `scraper.reading.vocabulary`: people see what the
    source said. `note` is what limits the fact, in words for people, where the source says so ("on petrol,
    not on E85").
    """

    key: str
    raw: str
    label: str = ""
    low: float | None = None
    high: float | None = None
    text: str = ""
    currency: str = ""
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Unparsed:
    """A statement that did not become a value, and why: kept and counted."""

    key: str
    label: str
    raw: str
    reason: str


@dataclass(frozen=True)
class Car:
    """A normalised car. Names are canonical where they are known, as the page spells them otherwise.

    `values` holds everything else, one for each key. `years` is (first, last), equal for one model year, None
    where the page names none.
    """

    source: str
    url: str
    record: str
    make: str
    model: str
    trim: str = ""
    body_style: str = ""
    years: tuple[int, int] | None = None
    values: tuple[Value, ...] = ()
    unparsed: tuple[Unparsed, ...] = ()
    photos: tuple[RawPhoto, ...] = ()
