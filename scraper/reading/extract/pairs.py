"""Labels and values that people see: tables, definition lists, "Label: value" lines, boxes beside boxes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from lxml.etree import _Element as Element

from scraper.reading.cars import RawField
from scraper.reading.extract.limits import LONGEST_STATEMENT
from scraper.reading.extract.page import Page, Text
from scraper.reading.extract.texts import squeeze, text_in
from scraper.reading.vocabulary import LETTERS_IN_A_LABEL, Label, label

_LONGEST_VALUE = 140
_MOST_LINES = 3  # more are a filter's choices or a list of features
_CLIMB = 3
# Where one of these follows a label, it has no value.
_ENDS = ("ul", "table", "h1", "dt", "th", "input", "button", "select", "textarea", "form")
_FEWEST_BENEATH = 2
_FEWEST_COLUMNS = 3
_CONSUMPTION = re.compile(r"\d\s?(?:kmpl|km/l|km/kg|kmpkg|mpg)\b", re.IGNORECASE)
_BREAKS = ("br", "p", "div", "li", "tr", "td", "th", "dd", "dt", "ul", "table", "h1", "h2", "h3", "h4")


@dataclass(frozen=True)
class Pair:
    """A label, what it stands for, and the text beside it."""

    said: str
    label: Label
    text: str

    def field(self) -> RawField:
        return RawField(self.label.key, self.said, self.text, self.label.unit)


def pairs(page: Page) -> list[Pair]:
    """All labelled values of the page whose label some language knows, in its order."""
    found: list[Pair] = []
    beneath: list[Pair] = []
    for text in page.texts:
        if len(text.said) > LETTERS_IN_A_LABEL + _LONGEST_VALUE:
            continue
        if known := label(text.said, page.language):
            if value := _labelled_by(text, page):
                found += _pair(text.said.rstrip(" :"), known, value)
            elif not text.is_behind and (value := _above(text.element, page)):
                beneath.append(Pair(text.said, _by_value(known, value), value))
        elif ":" in text.said:
            found += _in_line(text.said, None if text.is_behind else text.element, page)
    found += [pair for table in page.root.iter("table") for pair in _wide_table(table, page)]
    # A label beneath its value is one where more do so: else it is the heading of what follows.
    return found + (beneath if len({pair.label.key for pair in beneath}) >= _FEWEST_BENEATH else [])


def _pair(said: str, known: Label, value: str) -> list[Pair]:
    return [Pair(said, _by_value(known, value), value)] if value.count("\n") < _MOST_LINES else []


def _by_value(known: Label, value: str) -> Label:
    """India calls what a car runs on a litre its mileage."""
    if known.key == "mileage" and _CONSUMPTION.search(value):
        return Label("consumption_combined", "", known.rank)
    return known


# --- The value of a label -----------------------------------------------------------------------------------
def _labelled_by(text: Text, page: Page) -> str:
    """The text that a label labels; empty where there is none."""
    if not text.is_behind:
        return _beside(text.element, page)
    following = text.element.getnext()
    return "" if following is None else _lines_of_value(following, page)


def _beside(element: Element, page: Page) -> str:
    """The text behind a label, in the next box, or in the box beside one of its own boxes."""
    own = page.text_in(element, LETTERS_IN_A_LABEL + _LONGEST_VALUE)
    mine = squeeze(element.text or "")
    if own != mine and element.tag not in ("td", "th", "dt"):
        return _value(own[len(mine) :].lstrip(": "), page)
    current = element
    for _ in range(_CLIMB + 1):
        if tail := squeeze(current.tail or "").lstrip(": "):
            return _value(tail, page)
        if (following := _next(current, page)) is not None:
            is_one_of_many = _compares(current, following, page)
            return "" if is_one_of_many else _value(_lines_of_value(following, page), page)
        parent = current.getparent()
        if parent is None or page.text_in(parent, len(own) + 2).rstrip(" :") != own.rstrip(" :"):
            break
        current = parent
    return ""


def _value(text: str, page: Page) -> str:
    """A text that can be a value: not too long, and no label itself."""
    return "" if not text or len(text) > _LONGEST_VALUE or label(text, page.language) else text


def _compares(element: Element, value: Element, page: Page) -> bool:
    """Whether more values follow in the row: a table of versions side by side states no single one."""
    if value.tag not in ("td", "th", "dd"):
        return False
    texts = _values_after(element, value, page)
    own = page.text_in(value, _LONGEST_VALUE)
    is_pair_of_pairs = len(texts) == 2 and element.tag == "td"
    return any(text and text != own for text in texts) and not is_pair_of_pairs


def _values_after(element: Element, value: Element, page: Page) -> list[str]:
    """The texts that follow a value in its row, up to the next label."""
    texts = []
    for sibling in value.itersiblings():
        if sibling.tag not in (value.tag, "th") or (sibling.tag == "th" == element.tag != value.tag):
            break
        text = page.text_in(sibling, _LONGEST_VALUE)
        if label(text, page.language):
            break
        texts.append(text)
    return texts


def _next(element: Element, page: Page) -> Element | None:
    """The next box that has a text; not across the cells of another pair, nor into a sub-list."""
    for sibling in element.itersiblings():
        if not isinstance(sibling.tag, str):
            continue
        if sibling.tag in _ENDS or element.tag == "tr":
            return None
        if not page.is_empty(sibling):
            return sibling
    return None


def _lines_of_value(element: Element, page: Page) -> str:
    """The lines of a box; its text without lines where that is too long for a value anyway."""
    text = page.text_in(element, _LONGEST_VALUE)
    return text if len(text) > _LONGEST_VALUE else lines_in(element, _LONGEST_VALUE)


def lines_in(element: Element, most: int) -> str:
    """The text of a box; lines of a list stay lines, so that alternatives can be told from one value.

    Of a longer text a beginning of at least `most` characters.
    """
    parts: list[str] = []
    size = 0
    for part in element.iter():
        if size > most:
            break
        if not isinstance(part.tag, str):
            continue
        if part.tag in _BREAKS and parts and parts[-1] != "\n" and part is not element:
            parts.append("\n")
        behind = "" if part is element else part.tail
        said = [squeeze(text) for text in (part.text, behind) if text and text.strip()]
        size += sum(map(len, said))
        parts += said
    text = " ".join(parts).replace(" \n ", "\n").strip("\n ")
    return text if "\n" in text else squeeze(text)


# --- Other layouts ------------------------------------------------------------------------------------------
def _above(element: Element, page: Page) -> str:
    """The text of a box whose label stands beneath, where a box of their own holds just the two."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None or before is None or element.getnext() is not None:
        return ""
    if (element.tail or "").strip() or (parent.text or "").strip():
        return ""
    holding = [part for part in parent if not page.is_empty(part)]
    is_alone = len(holding) == 2 and holding[0] is before
    return _value(_lines_of_value(before, page), page) if is_alone else ""


def _in_line(text: str, element: Element | None, page: Page) -> list[Pair]:
    """The pairs of a text of the form "Label: value".

    What else the box holds, such as an emphasised figure, belongs to the value.
    """
    said, _, value = text.partition(":")
    known = label(said, page.language)
    value = squeeze(value)
    if not known or not value or len(value) > _LONGEST_VALUE:
        return []
    if element is not None and len(element):
        whole = page.text_in(element, len(text) + 2 * _LONGEST_VALUE)
        value = squeeze(whole.partition(":")[2])
    return [Pair(said.strip(), _by_value(known, value), value)] if len(value) <= _LONGEST_VALUE else []


def _wide_table(table: Element, page: Page) -> list[Pair]:
    """The pairs of a table whose labels stand in the first row over one row of values."""
    rows = list(islice((cells for row in table.iter("tr") if (cells := _cells(row))), 3))
    if len(rows) != 2 or len(rows[0]) != len(rows[1]) or len(rows[0]) < _FEWEST_COLUMNS:
        return []
    heads, texts = ([text_in(cell, LONGEST_STATEMENT) for cell in row] for row in rows)
    known = [label(head, page.language) for head in heads]
    if sum(1 for one in known if one) < _FEWEST_COLUMNS:
        return []
    columns = zip(heads, known, texts, strict=True)
    return [Pair(head, one, text) for head, one, text in columns if one and text]


def _cells(row: Element) -> list[Element]:
    return [cell for cell in row if cell.tag in ("td", "th")]
