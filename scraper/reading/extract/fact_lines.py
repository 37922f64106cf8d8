"""Facts without labels: "2017 · 69,730 miles · Diesel · Automatic" beneath a title.

They count where at least three different facts stand together, each recognisable by its own unit or word.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from scraper.reading.cars import RawField
from scraper.reading.extract.page import Page
from scraper.reading.normalise import words
from scraper.reading.vocabulary import fold, label

_LONGEST = 40
_LONGEST_STRIP = 120
_SPLIT = re.compile(r"\s*[|•·●∙/]\s+|\s+[|•·●∙/]\s*|\s*[|•·●∙]\s*|,\s+|\s+[-–]\s+")
_SPAN = re.compile(r"(?<=\b\d{4}) [-–] (?=(?:19|20)\d\d\b)")
_SPLITS = re.compile(r"[|•·●∙/,–-].*\d|\d.*[|•·●∙/,–-]")
_SHAPES = (
    ("mileage", re.compile(r"^(?:ca\.? )?\d[\d.,' \u00a0\u202f]*k?\s?(?:km|kms|mi|mil|miles|kilometers|kilometres|किमी)\.?$", re.IGNORECASE)),
    ("power", re.compile(r"^\d{2,4}\s?(?:kw|ps|hp|bhp|ch|cv|cp|pk|hk)(?:\s?[(/]\s?\d{2,4}\s?(?:kw|ps|hp|bhp|ch|cv|cp|pk|hk)\)?)?$", re.IGNORECASE)),
    ("displacement", re.compile(r"^(?:\d{1,2}[.,]?\d{3}\s?(?:cc|ccm|cm3|cm³)|\d{3}\s?(?:cc|ccm|cm3|cm³)|\d[.,]\d[- ]?(?:l|litres?|liters?|ltr)(?: [a-z][ \w-]{1,20})?)$", re.IGNORECASE)),
    ("first_registration", re.compile(r"^(?:ez |reg\.? )?(?:0[1-9]|1[0-2])[/.](?:19|20)\d\d$", re.IGNORECASE)),
    ("transmission", re.compile(r"^(?:\d{1,2}|four|five|six|seven|eight|nine|ten)[- ]speed (?:\w+ )?(?:manual|automatic|dual[- ]clutch)\b[ \w-]{0,20}$", re.IGNORECASE)),
    ("engine", re.compile(r"^(?=.*\d[.,]\d ?(?:l|litre|liter)\b)(?=.*(?:\d ?cyl|\d ?hp\b|\bv\d|\bi\d|petrol|diesel|gas)).{6,40}$", re.IGNORECASE)),
    ("fuel", re.compile(r"^(?:gas|petrol|diesel|electric|hybrid) engine$", re.IGNORECASE)),
    ("year", re.compile(r"^(?:19[5-9]\d|20[0-4]\d)(?:\s?\(\d\d(?:\s?(?:reg|plate)\.?)?\))?$", re.IGNORECASE)),
)  # fmt: skip
_WORDED = re.compile(r"speed|engine$", re.IGNORECASE)
_BOUND = re.compile(
    r"\b(?:from|to|min|max|ab|von|bis|desde|hasta|van|tot|od|do|från|till|partir de)\.?\s?:?$", re.IGNORECASE
)
_KILOWATTS = re.compile(r"\d\s?kw\b", re.IGNORECASE)
_HORSES = len("999 KM")
_NEAR = 6  # texts between two facts of one strip


@lru_cache(maxsize=50_000)
def fact(text: str, tag: str) -> str:
    """The key that a short text states by itself; empty where it states none."""
    if not text or len(text) > _LONGEST or not text[0].isalnum():
        return ""
    if any(c.isdigit() for c in text) or _WORDED.search(text):
        return next((key for key, shape in _SHAPES if shape.match(text)), "")
    said = fold(text)
    return _words(tag).get(said, "") if len(said) > 3 else ""


@cache
def _words(tag: str) -> dict[str, str]:
    """Folded words that state a fuel or a gearbox by themselves."""
    known = {
        word: key for key in ("transmission", "fuel") for table in words.words_of(key, tag) for word in table
    }
    drives = (word for table in words.words_of("drive", tag) for word in table)
    return dict.fromkeys((word for word in drives if word.endswith("drive")), "drive") | known


def _facts_in(said: str, tag: str) -> list[tuple[str, str]]:
    """(key, text) of the facts in one text: of the whole, or of its parts where at least two state something."""
    if key := fact(said, tag):
        return [(key, said)]
    if not _SPLITS.search(said):
        return []
    said = _SPAN.sub("–", said)  # "2019 - 2022" is a span, not a year
    keys = [(key, part) for part in _SPLIT.split(said) if (key := fact(part, tag))]
    if _KILOWATTS.search(said):  # "66 kW / 90 KM": horses, in Polish and Slovene
        keys = [(key, part) for key, part in keys if key != "mileage" or len(part) > _HORSES]
    return keys if len(keys) >= 2 and len({key for key, _ in keys}) == len(keys) else []


def strips(page: Page) -> list[list[RawField]]:
    """Strips of at least three different facts, in the page's order."""
    found: list[list[RawField]] = []
    current: dict[str, RawField] = {}
    since, before = 0, ""
    for said, _, _, has_digits in page.texts:
        is_short = len(said) <= _LONGEST or (has_digits and len(said) <= _LONGEST_STRIP)
        keys = _facts_in(said, page.language) if is_short else []
        if keys and (_BOUND.search(before[-20:]) or _is_of_another(keys, before, page.language)):
            keys = []  # "Year from", "2010": a filter's bound; "Range", "602 km": labelled as something else
        before = said
        for key, part in keys:
            if since > _NEAR or key in current:
                _close(current, found)
                current = {}
            current[key] = RawField(key, "", part)
            since = 0
        since += not keys
    _close(current, found)
    return found


def _is_of_another(keys: list[tuple[str, str]], before: str, tag: str) -> bool:
    """Whether the text before a lone fact is the label of something else."""
    known = label(before, tag) if len(keys) == 1 else None
    return known is not None and known.key != keys[0][0] and keys[0][0] in ("mileage", "year")


def _close(current: dict[str, RawField], found: list[list[RawField]]) -> None:
    day = current.get("first_registration")
    if day and "year" in current and current["year"].text[:4] not in day.text:
        del current["year"]  # a year that stood by chance before the strip
    if len(current) >= 3:
        found.append(list(current.values()))


def one_strip(found: list[list[RawField]]) -> tuple[list[RawField], bool]:
    """The one strip, or none where several differ; and whether there are so many that the page is a list."""
    distinct: list[list[RawField]] = []
    for strip in found:
        texts = {field.key: fold(field.text) for field in strip}
        if not any(all(texts.get(f.key, fold(f.text)) == fold(f.text) for f in other) for other in distinct):
            distinct.append(strip)
    return (distinct[0], False) if len(distinct) == 1 else ([], len(distinct) >= 4)
