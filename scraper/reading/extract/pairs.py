"""Labels and values that people see: tables, definition lists, "Label: value" lines, boxes beside boxes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.etree import _Element as Element

from scraper.reading.cars import RawField
from scraper.reading.extract.page import Page, squeeze
from scraper.reading.normalise import words
from scraper.reading.vocabulary import LETTERS_IN_A_LABEL, Label, fold, label

_LONGEST_VALUE = 140
_LINES = 3  # more are a filter's choices or a list of features
_CLIMB = 3
_ENDS = ("ul", "table", "h1", "dt", "th", "input", "button", "select", "textarea", "form")
_ALIKE = 2
_CONSUMPTION = re.compile(r"\d\s?(?:kmpl|km/l|km/kg|kmpkg|mpg)\b", re.IGNORECASE)
# Keys that have several labels on the page of one car: another car begins where the same label comes back.
_BY_LABEL = {"price", "power", "displacement", "year", "model"}
_BY_MEANING = {"fuel", "transmission"}
_BREAKS = ("br", "p", "div", "li", "tr", "td", "th", "dd", "dt", "ul", "table", "h1", "h2", "h3", "h4")
# Keys that make a group of pairs a description of a car.
TELLING = {"mileage", "fuel", "transmission", "power", "displacement", "year", "first_registration", "body_style", "drive", "price", "model", "make", "engine", "doors", "torque", "cylinders"}  # fmt: skip


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
    above: list[Pair] = []
    for text, element, is_behind, _ in page.texts:
        if len(text) > LETTERS_IN_A_LABEL + _LONGEST_VALUE:
            continue
        if known := label(text, page.language):
            anchor = element.getnext() if is_behind else element
            value = "" if anchor is None else _text(anchor) if is_behind else _beside(element, page)
            if value and value.count("\n") < _LINES:
                found.append(Pair(text.rstrip(" :"), _by_value(known, value), value))
            elif not value and not is_behind and (value := _above(element, page)):
                above.append(Pair(text, _by_value(known, value), value))
        elif ":" in text and (pair := _in_line(text, None if is_behind else element, page)):
            found.append(pair)
    found += _wide_tables(page)
    # A label beneath its value is one where more do so: else it is the heading of what follows.
    return found + (above if len({pair.label.key for pair in above}) >= _ALIKE else [])


def _above(element: Element, page: Page) -> str:
    """The text of a box whose label stands beneath, where a box of their own holds just the two."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None or before is None or element.getnext() is not None or (element.tail or "").strip():
        return ""
    holding = [part for part in parent if squeeze("".join(part.itertext()))]
    if len(holding) != 2 or holding[0] is not before or (parent.text or "").strip():
        return ""
    return _value(_text(before), page)


def _by_value(known: Label, value: str) -> Label:
    """India calls what a car runs on a litre its mileage."""
    if known.key == "mileage" and _CONSUMPTION.search(value):
        return Label("consumption_combined", "", known.rank)
    return known


def _in_line(text: str, element: Element | None, page: Page) -> Pair | None:
    """ "Label: value" in one text; what else the box holds, such as an emphasised figure, belongs to the
    value.
    """
    said, _, value = text.partition(":")
    known = label(said, page.language)
    value = squeeze(value)
    if not known or not value or len(value) > _LONGEST_VALUE:
        return None
    if element is not None and len(element):
        value = squeeze(" ".join(element.itertext()).partition(":")[2])
    return Pair(said.strip(), _by_value(known, value), value) if len(value) <= _LONGEST_VALUE else None


def _beside(element: Element, page: Page) -> str:
    """The text that a label labels: behind it, in the next box, or in the box beside one of its own boxes."""
    own = squeeze(" ".join(element.itertext()))
    mine = squeeze(element.text or "")
    if own != mine and element.tag not in ("td", "th", "dt"):
        return _value(own[len(mine) :].lstrip(": "), page)
    current = element
    for _ in range(_CLIMB + 1):
        if tail := squeeze(current.tail or "").lstrip(": "):
            return _value(tail, page)
        if (following := _next(current)) is not None:
            return "" if _compares(current, following, page) else _value(_text(following), page)
        parent = current.getparent()
        if parent is None or squeeze(" ".join(parent.itertext())).rstrip(" :") != own.rstrip(" :"):
            break
        current = parent
    return ""


def _value(text: str, page: Page) -> str:
    """A text that can be a value: not too long, and no label itself."""
    return "" if not text or len(text) > _LONGEST_VALUE or label(text, page.language) else text


def _compares(element: Element, value: Element, page: Page) -> bool:
    """Whether other values follow in the same row: a table that sets versions side by side states no single
    one.
    """
    if value.tag not in ("td", "th", "dd"):
        return False
    texts = []
    for sibling in value.itersiblings():
        if sibling.tag not in (value.tag, "th") or (sibling.tag == "th" == element.tag != value.tag):
            break
        text = squeeze(" ".join(sibling.itertext()))
        if label(text, page.language):
            break
        texts.append(text)
    own = squeeze(" ".join(value.itertext()))
    return any(text and text != own for text in texts) and not (len(texts) == 2 and element.tag == "td")


def _next(element: Element) -> Element | None:
    """The next box that has a text; not across the cells of another pair, nor into a sub-list."""
    for sibling in element.itersiblings():
        if not isinstance(sibling.tag, str):
            continue
        if sibling.tag in _ENDS or element.tag == "tr":
            return None
        if squeeze("".join(sibling.itertext())):
            return sibling
    return None


def _text(element: Element) -> str:
    """The text of a box; lines of a list stay lines, so that alternatives can be told from one value."""
    parts: list[str] = []
    for part in element.iter():
        if not isinstance(part.tag, str):
            continue
        if part.tag in _BREAKS and parts and parts[-1] != "\n" and part is not element:
            parts.append("\n")
        if part.text and part.text.strip():
            parts.append(squeeze(part.text))
        if part is not element and part.tail and part.tail.strip():
            parts.append(squeeze(part.tail))
    text = " ".join(parts).replace(" \n ", "\n").strip("\n ")
    return text if "\n" in text else squeeze(text)


def _wide_tables(page: Page) -> list[Pair]:
    """Tables whose labels stand in the first row over one row of values."""
    found = []
    for table in page.root.iter("table"):
        rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
        rows = [row for row in rows if row]
        if len(rows) != 2 or len(rows[0]) != len(rows[1]) or len(rows[0]) < 3:
            continue
        heads = [squeeze(" ".join(cell.itertext())) for cell in rows[0]]
        known = [label(head, page.language) for head in heads]
        if sum(1 for one in known if one) < 3:
            continue
        values = [squeeze(" ".join(cell.itertext())) for cell in rows[1]]
        found += [
            Pair(head, one, text)
            for head, one, text in zip(heads, known, values, strict=True)
            if one and text
        ]
    return found


@dataclass(frozen=True)
class Group:
    """Pairs that describe one car."""

    pairs: tuple[Pair, ...]

    @property
    def keys(self) -> set[str]:
        return {pair.label.key for pair in self.pairs}

    @property
    def telling(self) -> set[str]:
        return self.keys & TELLING


def groups(found: list[Pair], tag: str) -> list[Group]:
    """Pairs cut where a telling key comes back with another text: there another car begins."""
    cut: list[list[Pair]] = [[]]
    seen: dict[str, str] = {}
    labelled: dict[str, str] = {}
    for pair in found:
        key, text, said = pair.label.key, fold(pair.text), fold(pair.said)
        again = key in _BY_LABEL and said in labelled and not _same(labelled[said], text)
        is_other = key in seen and _another(key, seen[key], text, tag)
        if again or (is_other and (key not in _BY_MEANING or said in labelled)):
            cut.append([])
            seen, labelled = {}, {}
        seen.setdefault(key, text)
        labelled.setdefault(said, text)
        cut[-1].append(pair)
    return [Group(tuple(part)) for part in cut if part]


def _another(key: str, one: str, other: str, tag: str) -> bool:
    """Whether a second text for a key is about another car. Words count by what they mean: a gearbox has many
    names.
    """
    if key in _BY_MEANING:
        read = words.fuel if key == "fuel" else words.transmission
        meant = [read(text, tag).split(",")[0] for text in (one, other)]
        return all(meant) and meant[0] != meant[1] and not _same(one, other)
    return key == "mileage" and not _same(one, other)


def _same(one: str, other: str) -> bool:
    """ "2017" and "03/2017", "Diesel" and "Diesel (Euro 6)", "Manual" and "6-speed manual": the same said
    twice.
    """
    if one in other or other in one:
        return True
    digits = ["".join(c for c in text if c.isdigit()) for text in (one, other)]
    if digits[0] and digits[0] == digits[1]:
        return True
    return bool(set(one.split()) & set(other.split()) - {"km", "miles", "mi", "speed", "-", "and", "&"})


def described(found: list[Group]) -> tuple[Group | None, bool]:
    """The group that describes the page's car, and whether the groups are several cars of about the same
    weight.
    """
    telling = sorted((g for g in found if len(g.telling) >= 2), key=lambda g: len(g.telling), reverse=True)
    if not telling:
        return (found[0] if found else None), False
    best = telling[0]
    equal = [g for g in telling if len(g.telling) >= 0.75 * len(best.telling) and len(g.telling) >= 3]
    if len(equal) >= 3:
        return None, True
    return next(g for g in found if g in equal or g is best), False


def ordered(group: Group) -> list[RawField]:
    """The fields of a group, believed labels of each key first."""
    return [pair.field() for pair in sorted(group.pairs, key=lambda p: (p.label.key, p.label.rank))]
