"""A price that stands alone: in a box whose class says so, or as a bare amount beside the heading."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml.etree import _Element as Element

from scraper.reading.cars import RawField
from scraper.reading.extract.page import Page, Text, squeeze
from scraper.reading.normalise.money import Money, money
from scraper.reading.normalise.names import title
from scraper.reading.normalise.places import country, decimal_mark
from scraper.reading.vocabulary import fold, has_phrase, read

_LONGEST = 40
_LEAST = 500  # whatever the currency: less is a rate or a fee
_BEFORE, _AFTER = 25, 60  # texts between the heading and the price of its car
_NEXT = (8, 20)  # … where no class names it: the nearest that there is
_CLIMB = 3
_WORDS = {name: frozenset(said) for name, said in read("prices").items()}
_OTHER = _WORDS["class_other"]
_BEFORE_OTHER = re.compile(rf"\b(?:{'|'.join(sorted(_WORDS['before'], key=len, reverse=True))})\b")
_TOKENS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DIGITS = re.compile(r"\d[\d.,'’\s\u00a0\u202f]*\d{2}|\d[.,]?\d*\s*(?:lakhs?|lacs?|crores?)\b", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def _is_price(said: str) -> bool:
    """Whether the words of a class, an id or the like name a price, and no other one than is asked now."""
    tokens = {token.lower() for token in _TOKENS.findall(said)}
    return not tokens & _OTHER and (
        bool(tokens & _WORDS["class_word"])
        or any(part in token for token in tokens for part in _WORDS["class_part"])
    )


@lru_cache(maxsize=20_000)
def _is_other(said: str) -> bool:
    tokens = {token.lower() for token in _TOKENS.findall(said)}
    return bool(tokens & (_OTHER - {"from", "filter", "range", "max", "min", "net", "note"}))


def lone_price(page: Page) -> list[RawField]:
    """The price in boxes whose class says that they hold one, where those beside the heading agree, or all of
    them; else the one bare amount beside the heading.
    """
    amounts = [(n, text) for n, text in enumerate(page.texts) if _may_be_amount(text)]
    if not amounts:
        return []
    heading = _heading(page)
    boxed = [one for n, text in amounts if (one := _boxed(n, text, page))]
    near = [one for one in boxed if heading >= 0 and heading - _BEFORE <= one[0] <= heading + _AFTER]
    if found := _agreed(near or boxed):
        return found
    if boxed and not near:
        return []
    bare = [
        one
        for n, text in amounts
        if 0 <= heading <= n <= heading + _NEXT[-1] and (one := _bare(n, text, page))
    ]
    nearest = ([one for one in bare if one[0] <= heading + reach] for reach in _NEXT)
    return _agreed(next(filter(None, nearest), []))


def _may_be_amount(text: Text) -> bool:
    if not text.has_digits or len(text.said) > _LONGEST:
        return False
    behind = "" if text.is_behind else (text.element.tail or "")[:_LONGEST]  # "<b>11.5</b> lacs"
    return bool(_DIGITS.search(text.said) or (behind and _DIGITS.search(f"{text.said} {behind.strip()}")))


def _heading(page: Page) -> int:
    """Where the heading stands: the first h1, else the first lower one that names a car; -1 without any."""
    found = next((n for n, text in enumerate(page.texts) if _is_in_heading(text)), -1)
    if found >= 0:
        return found
    lower = (
        (n, text)
        for n, text in enumerate(page.texts)
        if (box := text.box) is not None and box.tag in ("h2", "h3")
    )
    return next((n for n, text in lower if title(text.said).model), -1)


def _is_in_heading(text: Text) -> bool:
    box = text.box
    return box is not None and (
        box.tag == "h1" or any(above.tag == "h1" for above in islice(box.iterancestors(), 3))
    )


def _agreed(found: list[tuple[int, float, str]]) -> list[RawField]:
    return [RawField("price", "", found[0][2])] if len({amount for _, amount, _ in found}) == 1 else []


def _boxed(place: int, text: Text, page: Page) -> tuple[int, float, str] | None:
    """The amount of the nearest box around a text whose class names a price."""
    box = text.box
    for _ in range(_CLIMB):
        if box is None or box.tag in ("body", "html"):
            return None
        said = (v for k, v in box.attrib.items() if k in ("class", "id") or k.startswith("data-"))
        if any(_is_price(v) for v in said if len(v) < 300):
            return None if _struck(box) else _amount(place, _with_currency(box), page)
        box = box.getparent()
    return None


def _bare(place: int, text: Text, page: Page) -> tuple[int, float, str] | None:
    """An amount that is all of its text, and that no word beside it makes another price than the one asked."""
    box = text.box
    letters = set(re.findall(r"[^\W\d_]+", fold(text.said)))
    if box is None or letters - _WORDS["with_amount"] or _struck(box):
        return None
    before = fold(page.texts[place - 1].said) if place else ""
    before = "" if _DIGITS.search(before) else before  # a word beside an amount of its own
    after = page.texts[place + 1].said if place + 1 < len(page.texts) else ""
    if (len(before) <= _LONGEST and _BEFORE_OTHER.search(before)) or (
        len(after) <= _LONGEST and not _DIGITS.search(after) and has_phrase("monthly", after, page.language)
    ):
        return None
    return _amount(place, text.said, page)


def amount(text: str, page: Page) -> Money | None:
    """An amount as it is read on this page; None where it can't be."""
    where = country(page.url, page.language)
    decimal = decimal_mark(page.language, where)
    value = money(text, decimal=decimal, country=where, tag=page.language) if text else ""
    return value if isinstance(value, Money) else None


def _amount(place: int, text: str, page: Page) -> tuple[int, float, str] | None:
    value = amount(text, page)
    if value and value.currency and value.low == value.high and value.low >= _LEAST:
        return place, value.low, text
    return None


def _with_currency(element: Element) -> str:
    """The text of a price box; with the box beside it where that holds the currency. Empty where it is no
    price.
    """
    text = squeeze(" ".join(element.itertext()))
    if not 3 <= len(text) <= _LONGEST:
        return ""
    beside = element.getnext()
    if beside is not None and not re.search(r"[^\d\s.,'’]", text):
        text = f"{text} {squeeze(' '.join(beside.itertext()))}"[:_LONGEST]
    return text


def _struck(element: Element) -> bool:
    """Whether a price is crossed out, or stands in a box of old prices or of rates."""
    if element.tag in ("s", "del", "strike") or _is_other(element.get("class") or ""):
        return True
    for ancestor in islice(element.iterancestors(), 3):
        if ancestor.tag in ("s", "del", "strike") or _is_other((ancestor.get("class") or "")[:300]):
            return True
    return False
