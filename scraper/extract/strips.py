"""Facts without labels: "2017 · 69,730 miles · Diesel · Automatic" beneath a title, and a price that stands alone.

They count where at least three different facts stand together, each recognisable by its own unit or word.
"""

from __future__ import annotations

import re

from lxml import html

from scraper.cars import RawField
from scraper.extract.page import Page, squeeze
from scraper.normalise import words
from scraper.normalise.money import Money, money
from scraper.normalise.places import country, decimal_mark
from scraper.vocabulary import fold

_LONGEST = 40
_SPLIT = re.compile(r"\s*[|•·●∙/]\s+|\s+[|•·●∙/]\s*|\s*[|•·●∙]\s*|,\s+|\s+[-–]\s+")
_SHAPES = (
    ("mileage", re.compile(r"^(?:ca\.? )?\d[\d.,' \u00a0\u202f]*\s?(?:km|kms|mi|mil|miles|kilometers|kilometres|किमी)\.?$", re.IGNORECASE)),
    ("power", re.compile(r"^\d{2,4}\s?(?:kw|ps|hp|bhp|ch|cv|cp|pk|hk)(?:\s?\(\d{2,4}\s?(?:kw|ps|hp|bhp|ch|cv|cp|pk|hk)\))?$", re.IGNORECASE)),
    ("displacement", re.compile(r"^(?:\d{1,2}[.,]?\d{3}\s?(?:cc|ccm|cm3|cm³)|\d{3}\s?(?:cc|ccm|cm3|cm³)|\d[.,]\d\s?(?:l|litres?|liters?|ltr))$", re.IGNORECASE)),
    ("first_registration", re.compile(r"^(?:ez |reg\.? )?(?:0[1-9]|1[0-2])[/.](?:19|20)\d\d$", re.IGNORECASE)),
    ("year", re.compile(r"^(?:19[5-9]\d|20[0-4]\d)(?:\s?\(\d\d\s?(?:reg|plate)\.?\))?$", re.IGNORECASE)),
)  # fmt: skip
_FUELS = {
    "Petrol",
    "Diesel",
    "Hybrid",
    "Plug-in hybrid",
    "Electric",
    "LPG",
    "Natural gas",
    "Flex-fuel",
    "Hydrogen",
}
_NEAR = 6  # texts between two facts of one strip
_PRICE = re.compile(r"price|preis|prix|precio|prezzo|prijs|(?:^|[_-])pris|pret(?:$|[_-])", re.IGNORECASE)
_OLD = re.compile(r"old|was|strike|msrp|rrp|month|finance|lease|leasing|save|saving|from|crossed|before|original|deposit|rating|analysis|drop|vat|netto|emi|note|alert|history|evaluat|tax|fee|discount|evaluation|estimate|average|guide|filter|range|min|max", re.IGNORECASE)  # fmt: skip


def fact(text: str, tag: str) -> str:
    """The key that a short text states by itself; empty where it states none."""
    if not text or len(text) > _LONGEST:
        return ""
    for key, shape in _SHAPES:
        if shape.match(text):
            return key
    if not text[0].isalpha() and not text[:1].isdigit():
        return ""
    said = fold(text)
    if len(said.split()) <= 3 and _exact("fuel", said, tag):
        return "fuel"
    if len(said.split()) <= 3 and (
        _exact("transmission", said, tag) or re.fullmatch(r"\d{1,2}[- ]speed (?:manual|automatic)", said)
    ):
        return "transmission"
    return ""


def _exact(key: str, said: str, tag: str) -> bool:
    return len(said) > 3 and any(said in table for table in words.words_of(key, tag))


def strips(page: Page) -> list[list[RawField]]:
    """Strips of at least three different facts, in the page's order."""
    found: list[list[RawField]] = []
    current: dict[str, RawField] = {}
    since = 0
    for text in page.root.itertext():
        if not (said := squeeze(text)) or len(said) > 120:
            since += bool(said)
            continue
        parts = [said] if len(said) <= _LONGEST and fact(said, page.language) else _SPLIT.split(said)
        keys = [(fact(part, page.language), part) for part in parts]
        named = [key for key, _ in keys if key]
        if len(parts) > 1 and (len(named) < 2 or len(set(named)) < len(named)):
            keys = []  # "2019 - 2022" is a span, not a year
        hit = False
        for key, part in keys:
            if not key:
                continue
            hit = True
            if since > _NEAR or key in current:
                _close(current, found)
                current = {}
            current[key] = RawField(key, "", part)
            since = 0
        since += not hit
    _close(current, found)
    return found


def _close(current: dict[str, RawField], found: list[list[RawField]]) -> None:
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


def lone_price(page: Page) -> list[RawField]:
    """The price in boxes whose class says that they hold one, where all current ones agree."""
    where = country(page.url, page.language)
    decimal = decimal_mark(page.language, where)
    amounts: dict[float, RawField] = {}
    for element in page.root.iter(
        "span", "div", "p", "strong", "b", "h2", "h3", "h4", "td", "dd", "ins", "data", "bdi"
    ):
        said = " ".join(
            value
            for name, value in element.attrib.items()
            if name == "class" or (len(value) < _LONGEST and (name == "id" or name.startswith("data-")))
        )
        if not _PRICE.search(said) or _OLD.search(said) or _struck(element):
            continue
        text = squeeze(" ".join(element.itertext()))
        if not 3 <= len(text) <= _LONGEST or not re.search(r"\d", text):
            continue
        value = money(text, decimal=decimal, country=where, tag=page.language)
        beside = element.getnext()
        if (
            isinstance(value, Money) and not value.currency and beside is not None
        ):  # the currency has a box of its own
            text = f"{text} {squeeze(' '.join(beside.itertext()))}"[:_LONGEST]
            value = money(text, decimal=decimal, country=where, tag=page.language)
        if isinstance(value, Money) and value.currency and value.low >= 500:
            amounts.setdefault(value.low, RawField("price", "", text))
    return list(amounts.values()) if len(amounts) == 1 else []


def _struck(element: html.HtmlElement) -> bool:
    if element.tag in ("s", "del", "strike"):
        return True
    for depth, ancestor in enumerate(element.iterancestors()):
        if ancestor.tag in ("s", "del", "strike") or (
            depth < 2
            and re.search(
                r"old|strike|was-|month|finance|lease|leasing", ancestor.get("class") or "", re.IGNORECASE
            )
        ):
            return True
        if depth > 3:
            break
    return False
