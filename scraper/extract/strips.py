"""Facts without labels: "2017 · 69,730 miles · Diesel · Automatic" beneath a title, and a price that stands
alone.

They count where at least three different facts stand together, each recognisable by its own unit or word.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import islice

from lxml import html

from scraper.cars import RawField
from scraper.extract.page import Page, squeeze
from scraper.normalise import words
from scraper.normalise.money import Money, money
from scraper.normalise.places import country, decimal_mark
from scraper.vocabulary import fold

_LONGEST = 40
_LONGEST_STRIP = 120
_SPLIT = re.compile(r"\s*[|•·●∙/]\s+|\s+[|•·●∙/]\s*|\s*[|•·●∙]\s*|,\s+|\s+[-–]\s+")
_SPLITS = re.compile(r"[|•·●∙/,–-].*\d|\d.*[|•·●∙/,–-]")
_SHAPES = (
    ("mileage", re.compile(r"^(?:ca\.? )?\d[\d.,' \u00a0\u202f]*\s?(?:km|kms|mi|mil|miles|kilometers|kilometres|किमी)\.?$", re.IGNORECASE)),
    ("power", re.compile(r"^\d{2,4}\s?(?:kw|ps|hp|bhp|ch|cv|cp|pk|hk)(?:\s?\(\d{2,4}\s?(?:kw|ps|hp|bhp|ch|cv|cp|pk|hk)\))?$", re.IGNORECASE)),
    ("displacement", re.compile(r"^(?:\d{1,2}[.,]?\d{3}\s?(?:cc|ccm|cm3|cm³)|\d{3}\s?(?:cc|ccm|cm3|cm³)|\d[.,]\d\s?(?:l|litres?|liters?|ltr))$", re.IGNORECASE)),
    ("first_registration", re.compile(r"^(?:ez |reg\.? )?(?:0[1-9]|1[0-2])[/.](?:19|20)\d\d$", re.IGNORECASE)),
    ("transmission", re.compile(r"^\d{1,2}[- ]speed (?:manual|automatic)$", re.IGNORECASE)),
    ("year", re.compile(r"^(?:19[5-9]\d|20[0-4]\d)(?:\s?\(\d\d\s?(?:reg|plate)\.?\))?$", re.IGNORECASE)),
)  # fmt: skip
_PRICE_BOXES = ("span", "div", "p", "strong", "b", "h2", "h3", "h4", "td", "dd", "ins", "data", "bdi")
_LEAST = 500  # whatever the currency: less is a rate or a fee
_BESIDE = 25  # boxes between the heading and the price of its car
_NEAR = 6  # texts between two facts of one strip
_PRICE = ("price", "preis", "prix", "precio", "prezzo", "prijs", "pricing")
_PRICE_EXACT = {"pris", "pret", "prijzen"}
# Words of a class that say that a price is another than the one asked now.
_OTHER = {
    "old",
    "was",
    "strike",
    "striked",
    "strikethrough",
    "rrp",
    "month",
    "monthly",
    "finance",
    "financing",
    "lease",
    "leasing",
    "save",
    "saving",
    "savings",
    "from",
    "crossed",
    "before",
    "original",
    "deposit",
    "rating",
    "analysis",
    "drop",
    "vat",
    "net",
    "netto",
    "emi",
    "note",
    "alert",
    "history",
    "tax",
    "fee",
    "fees",
    "discount",
    "evaluation",
    "evaluated",
    "estimate",
    "estimated",
    "average",
    "avg",
    "guide",
    "filter",
    "filters",
    "range",
    "min",
    "max",
    "rate",
    "compare",
    "previous",
    "reduction",
    "instalment",
    "installment",
}
_TOKENS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=20_000)
def _is_price(said: str) -> bool:
    """Whether the words of a class, an id or the like name a price, and no other one than is asked now."""
    tokens = {token.lower() for token in _TOKENS.findall(said)}
    return not tokens & _OTHER and (
        bool(tokens & _PRICE_EXACT) or any(word in token for token in tokens for word in _PRICE)
    )


@lru_cache(maxsize=20_000)
def _is_other(said: str) -> bool:
    tokens = {token.lower() for token in _TOKENS.findall(said)}
    return bool(tokens & (_OTHER - {"from", "filter", "range", "max", "min", "net", "note"}))


@lru_cache(maxsize=50_000)
def fact(text: str, tag: str) -> str:
    """The key that a short text states by itself; empty where it states none."""
    if not text or len(text) > _LONGEST or not text[0].isalnum():
        return ""
    if any(c.isdigit() for c in text):
        return next((key for key, shape in _SHAPES if shape.match(text)), "")
    said = fold(text)
    return _words(tag).get(said, "") if len(said) > 3 else ""


@cache
def _words(tag: str) -> dict[str, str]:
    """Folded words that state a fuel or a gearbox by themselves."""
    return {
        word: key for key in ("transmission", "fuel") for table in words.words_of(key, tag) for word in table
    }


def _facts_in(said: str, tag: str) -> list[tuple[str, str]]:
    """(key, text) of the facts in one text: of the whole, or of its parts where at least two state something."""
    if key := fact(said, tag):
        return [(key, said)]
    if not _SPLITS.search(said):
        return []
    keys = [(key, part) for part in _SPLIT.split(said) if (key := fact(part, tag))]
    # "2019 - 2022" is a span, not a year.
    return keys if len(keys) >= 2 and len({key for key, _ in keys}) == len(keys) else []


def strips(page: Page) -> list[list[RawField]]:
    """Strips of at least three different facts, in the page's order."""
    found: list[list[RawField]] = []
    current: dict[str, RawField] = {}
    since = 0
    for text in page.root.itertext():
        if text.isspace() or not (said := squeeze(text)):
            continue
        keys = _facts_in(said, page.language) if len(said) <= _LONGEST_STRIP else []
        for key, part in keys:
            if since > _NEAR or key in current:
                _close(current, found)
                current = {}
            current[key] = RawField(key, "", part)
            since = 0
        since += not keys
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
    """The price in boxes whose class says that they hold one, where those beside the heading agree, or all of
    them.
    """
    where = country(page.url, page.language)
    decimal = decimal_mark(page.language, where)
    found: list[tuple[int, float, str]] = []
    heading = -1
    for place, element in enumerate(page.root.iter("h1", *_PRICE_BOXES)):
        if element.tag == "h1" and heading < 0:
            heading = place
        attributes = (v for k, v in element.attrib.items() if k in ("class", "id") or k.startswith("data-"))
        if not any(_is_price(v) for v in attributes if len(v) < 300) or _struck(element):
            continue
        text = _with_currency(element)
        value = money(text, decimal=decimal, country=where, tag=page.language) if text else ""
        if isinstance(value, Money) and value.currency and value.low >= _LEAST:
            found.append((place, value.low, text))
    near = [one for one in found if heading >= 0 and heading - _BESIDE <= one[0] <= heading + _BESIDE]
    amounts = {amount for _, amount, _ in near or found}
    return [RawField("price", "", (near or found)[0][2])] if len(amounts) == 1 else []


def _with_currency(element: html.HtmlElement) -> str:
    """The text of a price box; with the box beside it where that holds the currency. Empty where it is no
    price.
    """
    text = squeeze(" ".join(element.itertext()))
    if not 3 <= len(text) <= _LONGEST or not re.search(r"\d", text):
        return ""
    beside = element.getnext()
    if beside is not None and not re.search(r"[^\d\s.,'’]", text):
        text = f"{text} {squeeze(' '.join(beside.itertext()))}"[:_LONGEST]
    return text


def _struck(element: html.HtmlElement) -> bool:
    """Whether a price is crossed out, or stands in a box of old prices or of rates."""
    if element.tag in ("s", "del", "strike") or _is_other(element.get("class") or ""):
        return True
    for ancestor in islice(element.iterancestors(), 3):
        if ancestor.tag in ("s", "del", "strike") or _is_other((ancestor.get("class") or "")[:300]):
            return True
    return False
