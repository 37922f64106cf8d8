"""Facts without labels: "2017 · 69,730 miles · Diesel · Automatic" beneath a title.

They count where at least three different facts stand together, each recognisable by its own unit or word.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from scraper.reading.cars import RawField
from scraper.reading.extract.page import Page, Text
from scraper.reading.vocabulary import fold, label, words_of

_LONGEST_FACT = 40
_LONGEST_LINE = 120
_SPLIT = re.compile(r"\s*[|•·●∙/]\s+|\s+[|•·●∙/]\s*|\s*[|•·●∙]\s*|,\s+|\s+[-–]\s+")
_SPAN = re.compile(r"(?<=\b\d{4}) [-–] (?=(?:19|20)\d\d\b)")
_SPLITS = re.compile(r"[|•·●∙/,–-].*\d|\d.*[|•·●∙/,–-]")
_POWER = r"\d{2,4}\s?(?:kw|ps|hp|bhp|ch|cv|cp|pk|hk)"
_CUBIC = r"(?:cc|ccm|cm3|cm³)"
_SHAPES = tuple(
    (key, re.compile(f"^(?:{shape})$", re.IGNORECASE))
    for key, shape in (
        (
            "mileage",
            r"(?:ca\.? )?\d[\d.,' \u00a0\u202f]*k?\s?"
            r"(?:km|kms|mi|mil|miles|kilometers|kilometres|किमी)\.?",
        ),
        ("power", rf"{_POWER}(?:\s?[(/]\s?{_POWER}\)?)?"),
        (
            "displacement",
            rf"\d{{1,2}}[.,]?\d{{3}}\s?{_CUBIC}|\d{{3}}\s?{_CUBIC}|"
            r"\d[.,]\d[- ]?(?:l|litres?|liters?|ltr)(?: [a-z][ \w-]{1,20})?",
        ),
        ("first_registration", r"(?:ez |reg\.? )?(?:0[1-9]|1[0-2])[/.](?:19|20)\d\d"),
        (
            "transmission",
            r"(?:\d{1,2}|four|five|six|seven|eight|nine|ten)[- ]speed "
            r"(?:\w+ )?(?:manual|automatic|dual[- ]clutch)\b[ \w-]{0,20}",
        ),
        (
            "engine",
            r"(?=.*\d[.,]\d ?(?:l|litre|liter)\b)"
            r"(?=.*(?:\d ?cyl|\d ?hp\b|\bv\d|\bi\d|petrol|diesel|gas)).{6,40}",
        ),
        ("fuel", r"(?:gas|petrol|diesel|electric|hybrid) engine"),
        ("year", r"(?:19[5-9]\d|20[0-4]\d)(?:\s?\(\d\d(?:\s?(?:reg|plate)\.?)?\))?"),
    )
)
_WORDED = re.compile(r"speed|engine$", re.IGNORECASE)
_BOUND = re.compile(
    r"\b(?:from|to|min|max|ab|von|bis|desde|hasta|van|tot|od|do|från|till|partir de)\.?\s?:?$", re.IGNORECASE
)
_LONGEST_BOUND = 20
_KILOWATTS = re.compile(r"\d\s?kw\b", re.IGNORECASE)
_HORSES = len("999 KM")
_NEAR = 6  # texts between two facts of one line
_FEWEST_FACTS = 3
_LINES_OF_A_LIST = 4


def fact_lines(page: Page) -> list[list[RawField]]:
    """Lines of at least three different facts, in the page's order."""
    lines: list[dict[str, RawField]] = [{}]
    since, before = 0, ""
    for text in page.texts:
        facts = _facts_of(text, before, page.language)
        before = text.said
        for key, part in facts:
            if since > _NEAR or key in lines[-1]:
                lines.append({})
            lines[-1][key] = RawField(key, "", part)
            since = 0
        since += not facts
    whole = (list(_without_stray_year(line).values()) for line in lines)
    return [line for line in whole if len(line) >= _FEWEST_FACTS]


def _facts_of(text: Text, before: str, tag: str) -> list[tuple[str, str]]:
    """(key, text) of the facts in one text; none where the text before gives it another meaning."""
    longest = _LONGEST_LINE if text.has_digits else _LONGEST_FACT
    facts = _facts_in(text.said, tag) if len(text.said) <= longest else []
    # "Year from", "2010": a filter's bound; "Range", "602 km": labelled as something else
    is_of_another = facts and (_BOUND.search(before[-_LONGEST_BOUND:]) or _is_labelled(facts, before, tag))
    return [] if is_of_another else facts


def _facts_in(said: str, tag: str) -> list[tuple[str, str]]:
    """(key, text) of the facts in a text: of the whole, or of its parts if at least two state something."""
    if key := _fact(said, tag):
        return [(key, said)]
    if not _SPLITS.search(said):
        return []
    said = _SPAN.sub("–", said)  # "2019 - 2022" is a span, not a year
    facts = [(key, part) for part in _SPLIT.split(said) if (key := _fact(part, tag))]
    if _KILOWATTS.search(said):  # "66 kW / 90 KM": horses, in Polish and Slovene
        facts = [(key, part) for key, part in facts if key != "mileage" or len(part) > _HORSES]
    return facts if len(facts) >= 2 and len({key for key, _ in facts}) == len(facts) else []


@lru_cache(maxsize=50_000)
def _fact(text: str, tag: str) -> str:
    """The key that a short text states by itself; empty where it states none."""
    if not text or len(text) > _LONGEST_FACT or not text[0].isalnum():
        return ""
    if any(c.isdigit() for c in text) or _WORDED.search(text):
        return next((key for key, shape in _SHAPES if shape.match(text)), "")
    said = fold(text)
    return _words(tag).get(said, "") if len(said) > 3 else ""


@cache
def _words(tag: str) -> dict[str, str]:
    """Folded words that state a fuel, a gearbox or the driven wheels by themselves."""
    known = {word: key for key in ("transmission", "fuel") for table in words_of(key, tag) for word in table}
    drives = (word for table in words_of("drive", tag) for word in table)
    return dict.fromkeys((word for word in drives if word.endswith("drive")), "drive") | known


def _is_labelled(facts: list[tuple[str, str]], before: str, tag: str) -> bool:
    """Whether the text before a lone fact is the label of something else."""
    known = label(before, tag) if len(facts) == 1 else None
    return known is not None and known.key != facts[0][0] and facts[0][0] in ("mileage", "year")


def _without_stray_year(line: dict[str, RawField]) -> dict[str, RawField]:
    """A line without a year that stood by chance before it: one that the day of registration contradicts."""
    day, year = line.get("first_registration"), line.get("year")
    if day and year and year.text[:4] not in day.text:
        return {key: field for key, field in line.items() if key != "year"}
    return line


def one_line(found: list[list[RawField]]) -> tuple[list[RawField], bool]:
    """The one line, or none where several differ; and whether there are so many that the page is a list."""
    distinct: list[list[RawField]] = []
    for line in found:
        if not any(_agrees(line, other) for other in distinct):
            distinct.append(line)
        if len(distinct) >= _LINES_OF_A_LIST:
            return [], True
    return (distinct[0] if len(distinct) == 1 else []), False


def _agrees(line: list[RawField], other: list[RawField]) -> bool:
    """Whether a line says nothing else than another one of what both speak of."""
    texts = {field.key: fold(field.text) for field in line}
    return all(texts.get(one.key, fold(one.text)) == fold(one.text) for one in other)
