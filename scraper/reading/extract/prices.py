"""A price that stands alone.

It stands in a meta element, in a box whose class says so, or as a bare amount beside the heading.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from lxml.etree import _Element as Element

from scraper.reading.cars import RawField
from scraper.reading.extract.page import Page, Text
from scraper.reading.extract.shown import is_shown, whole_digits
from scraper.reading.normalise.locale_hints import country, decimal_mark
from scraper.reading.normalise.money import Money, money
from scraper.reading.normalise.titles import title
from scraper.reading.vocabulary import fold, has_phrase, read

_LONGEST = 40
_LEAST = 500  # whatever the currency: less is a rate or a fee
_BEFORE, _AFTER = 25, 60  # texts between the heading and the price of its car
_NEXT = (8, 20)  # … where no class names it: the nearest that there is
_CLIMB = 3
_LONGEST_CLASS = 300
_META_PRICES = ("product:price", "og:price", "vehicle:price")
_WORDS = {name: frozenset(said) for name, said in read("prices").items()}
_OTHER = _WORDS["class_other"]
_NOT_OTHER_OF_A_BOX = {"from", "filter", "range", "max", "min", "net", "note"}
_BEFORE_OTHER = re.compile(rf"\b(?:{'|'.join(sorted(_WORDS['before'], key=len, reverse=True))})\b")
_TOKENS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DIGITS = re.compile(r"\d[\d.,'’\s\u00a0\u202f]*\d{2}|\d[.,]?\d*\s*(?:lakhs?|lacs?|crores?)\b", re.IGNORECASE)


class _Amount(NamedTuple):
    """An amount of money, the text that states it, and that text's position among those of the page."""

    position: int
    value: float
    text: str


def meta_price(page: Page) -> list[RawField]:
    """Facebook's and Open Graph's price tags."""
    for prefix in _META_PRICES:
        if stated := page.metas.get(f"{prefix}:amount", ""):
            return [RawField("price", prefix, stated, page.metas.get(f"{prefix}:currency", ""))]
    return []


def is_denied(page: Page, marked: list[RawField], shown: list[RawField]) -> bool:
    """Whether people see another price than machines, and never theirs."""
    theirs, other = _first_price(marked), _first_price(shown)
    if not theirs or not other or is_shown(theirs, page) or whole_digits(theirs) in whole_digits(other):
        return False
    own, seen = _money(theirs, page), _money(other, page)  # "5.25 Lakh" and "525000" are the same
    return own is None or seen is None or not seen.low <= own.low <= seen.high


def _first_price(fields: list[RawField]) -> str:
    return next((one.text for one in fields if one.key == "price" and whole_digits(one.text)), "")


def lone_price(page: Page) -> list[RawField]:
    """The price in boxes whose class names one, else the one bare amount beside the heading.

    The boxes beside the heading have to agree, or all boxes do.
    """
    candidates = [(index, text) for index, text in enumerate(page.texts) if _may_be_amount(text)]
    if not candidates:
        return []
    heading = _index_of_heading(page)
    amounts: dict[Element, str | None] = {}
    boxed = [one for index, text in candidates if (one := _boxed(index, text, page, amounts))]
    near = [one for one in boxed if heading >= 0 and heading - _BEFORE <= one.position <= heading + _AFTER]
    if found := _agreed(near or boxed):
        return found
    return [] if heading < 0 or (boxed and not near) else _bare_price(candidates, heading, page)


def _bare_price(candidates: list[tuple[int, Text]], heading: int, page: Page) -> list[RawField]:
    """The one bare amount right behind the heading, else the one a little further on."""
    behind = [(index, text) for index, text in candidates if heading <= index <= heading + _NEXT[-1]]
    bare = [one for index, text in behind if (one := _bare(index, text, page))]
    nearest = ([one for one in bare if one.position <= heading + reach] for reach in _NEXT)
    return _agreed(next(filter(None, nearest), []))


def _may_be_amount(text: Text) -> bool:
    if not text.has_digits or len(text.said) > _LONGEST:
        return False
    behind = "" if text.is_behind else (text.element.tail or "")[:_LONGEST]  # "<b>11.5</b> lacs"
    return bool(_DIGITS.search(text.said) or (behind and _DIGITS.search(f"{text.said} {behind.strip()}")))


def _agreed(found: list[_Amount]) -> list[RawField]:
    return [RawField("price", "", found[0].text)] if len({amount.value for amount in found}) == 1 else []


# --- The heading --------------------------------------------------------------------------------------------
def _index_of_heading(page: Page) -> int:
    """Where the heading stands: the first h1, else the first lower one that names a car; -1 without any."""
    found = next((index for index, text in enumerate(page.texts) if _is_in_heading(text)), -1)
    if found >= 0:
        return found
    lower = ((index, text.said) for index, text in enumerate(page.texts) if _is_lower_heading(text))
    return next((index for index, said in lower if title(said).model), -1)


def _is_in_heading(text: Text) -> bool:
    box = text.box
    if box is None:
        return False
    return box.tag == "h1" or any(above.tag == "h1" for above in islice(box.iterancestors(), 3))


def _is_lower_heading(text: Text) -> bool:
    box = text.box
    return box is not None and box.tag in ("h2", "h3")


# --- Amounts in boxes ---------------------------------------------------------------------------------------
def _boxed(position: int, text: Text, page: Page, amounts: dict[Element, str | None]) -> _Amount | None:
    """The amount of the nearest box around a text whose class names a price.

    `amounts` keeps what was found of each box, as many texts can stand in one.
    """
    box = text.box
    for _ in range(_CLIMB):
        if box is None or box.tag in ("body", "html"):
            return None
        if box not in amounts:
            amounts[box] = _amount_of_box(box, page) if _is_price_box(box) else None
        if (said := amounts[box]) is not None:
            return _amount(position, said, page)
        box = box.getparent()
    return None


def _amount_of_box(box: Element, page: Page) -> str:
    """The text of the price in a box; empty where there is none, or one that is not asked any more."""
    return "" if _is_struck(box) else _with_currency(box, page)


def _is_price_box(box: Element) -> bool:
    names = (str(v) for k, v in box.attrib.items() if k in ("class", "id") or str(k).startswith("data-"))
    return any(_names_a_price(name) for name in names if len(name) < _LONGEST_CLASS)


@lru_cache(maxsize=20_000)
def _names_a_price(said: str) -> bool:
    """Whether the words of a class, an id or the like name a price, and no other one than is asked now."""
    tokens = {token.lower() for token in _TOKENS.findall(said)}
    if tokens & _OTHER:
        return False
    has_part = any(part in token for token in tokens for part in _WORDS["class_part"])
    return has_part or bool(tokens & _WORDS["class_word"])


@lru_cache(maxsize=20_000)
def _names_another_price(said: str) -> bool:
    tokens = {token.lower() for token in _TOKENS.findall(said)}
    return bool(tokens & (_OTHER - _NOT_OTHER_OF_A_BOX))


def _with_currency(element: Element, page: Page) -> str:
    """The text of a price box; empty where it is no price.

    Where the currency stands in the box beside it, that box's text is added.
    """
    text = page.text_in(element, _LONGEST)
    if not 3 <= len(text) <= _LONGEST:
        return ""
    beside = element.getnext()
    if beside is not None and not re.search(r"[^\d\s.,'’]", text):
        text = f"{text} {page.text_in(beside, _LONGEST)}"[:_LONGEST]
    return text


def _is_struck(element: Element) -> bool:
    """Whether a price is crossed out, or stands in a box of old prices or of rates."""
    if _is_crossed_out(element) or _names_another_price(element.get("class") or ""):
        return True
    return any(
        _is_crossed_out(ancestor) or _names_another_price((ancestor.get("class") or "")[:_LONGEST_CLASS])
        for ancestor in islice(element.iterancestors(), 3)
    )


def _is_crossed_out(element: Element) -> bool:
    return element.tag in ("s", "del", "strike")


# --- Bare amounts -------------------------------------------------------------------------------------------
def _bare(position: int, text: Text, page: Page) -> _Amount | None:
    """An amount that is a text of its own, unless a word beside it makes it another kind of price."""
    box = text.box
    letters = set(re.findall(r"[^\W\d_]+", fold(text.said)))
    if box is None or letters - _WORDS["with_amount"] or _is_struck(box):
        return None
    before = fold(page.texts[position - 1].said) if position else ""
    after = page.texts[position + 1].said if position + 1 < len(page.texts) else ""
    if _makes_another_price(before) or _makes_a_rate(after, page.language):
        return None
    return _amount(position, text.said, page)


def _makes_another_price(before: str) -> bool:
    is_a_word = len(before) <= _LONGEST and not _DIGITS.search(before)  # one with an amount is of that amount
    return is_a_word and bool(_BEFORE_OTHER.search(before))


def _makes_a_rate(after: str, language: str) -> bool:
    is_a_word = len(after) <= _LONGEST and not _DIGITS.search(after)
    return is_a_word and has_phrase("monthly", after, language)


def _money(text: str, page: Page) -> Money | None:
    """An amount as it is read on this page; None where it can't be."""
    where = country(page.url, page.language)
    decimal = decimal_mark(page.language, where)
    value = money(text, decimal=decimal, country=where, tag=page.language) if text else ""
    return value if isinstance(value, Money) else None


def _amount(position: int, text: str, page: Page) -> _Amount | None:
    value = _money(text, page)
    if value and value.currency and value.low == value.high and value.low >= _LEAST:
        return _Amount(position, value.low, text)
    return None
