"""A saved page: decoded, parsed once, and stripped of what is not about its subject."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import islice
from typing import NamedTuple
from urllib.parse import urljoin

from lxml import etree
from lxml.etree import _Element as Element

from scraper.reading.extract.boilerplate import strip
from scraper.reading.extract.decoding import decode
from scraper.reading.extract.limits import LONGEST_ADDRESS, LONGEST_HEADING, LONGEST_TEXT, MOST_HEADINGS
from scraper.reading.extract.markup import with_short_tags
from scraper.reading.extract.page_language import language_of
from scraper.reading.extract.texts import squeeze, text_in

_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")
_TYPES = re.compile(
    r"<(?:html|head|body|div|table|p|title|script|!doctype|ul|span|section|dl)\b", re.IGNORECASE
)
INFOBOXES = ("infobox", "sinottico", "infocaseta")  # what encyclopedias call the class of theirs
_DIGIT = re.compile(r"\d")
# How far into the text a page shows that it is one, and where it was saved from.
_START, _HEAD = 20_000, 4000


class Text(NamedTuple):
    """A piece of text: inside of its element, or behind it."""

    said: str
    element: Element
    is_behind: bool
    has_digits: bool

    @property
    def box(self) -> Element | None:
        """The element that holds it."""
        return self.element.getparent() if self.is_behind else self.element


class Script(NamedTuple):
    """A script element: its type and id, empty where it has none, and its text."""

    kind: str
    name: str
    text: str


class Page:
    """One page: `root` without scripts, menus and other cars.

    What was in them lies in `scripts`, `metas` (by name, in lower case) and `crumbs`.
    """

    def __init__(self, content: bytes, url: str) -> None:
        self._first: dict[Element, int] = {}
        self._last: dict[Element, int] = {}
        text = decode(content).replace("\x00", "")
        self.is_html = bool(_TYPES.search(text[:_START]))
        self.has_infobox = any(name in text for name in INFOBOXES)
        self.root = _parsed(with_short_tags(text))
        self.scripts = [_script(element) for element in self.root.iter("script")]
        self.metas = _metas(self.root)
        named = (url, _own_address(self.root, self.metas), _saved_from(text))
        self.url = next((address for address in named if 0 < len(address) <= LONGEST_ADDRESS), "")
        self.language = language_of(self.root, self.metas, self.url)
        self.title = squeeze(self.root.findtext(".//head/title") or "")[:LONGEST_HEADING]
        subjects = [*self._headings("h1"), self.metas.get("og:title", "")[:LONGEST_HEADING], self.title]
        self.crumbs = strip(self.root, self.language, subjects)

    @cached_property
    def texts(self) -> list[Text]:
        """Each visible piece of text, in the page's order; the tree is walked once for all readers."""
        texts: list[Text] = []
        for event, element in etree.iterwalk(self.root, events=("start", "end")):
            is_behind = event == "end"
            if is_behind:
                self._last[element] = len(texts)
            else:
                self._first[element] = len(texts)
            text = element.tail if is_behind else element.text
            if text and (said := " ".join(text.split())):
                texts.append(Text(said, element, is_behind, _DIGIT.search(said) is not None))
        return texts

    def text_in(self, element: Element, most: int) -> str:
        """The text inside of an element, its parts apart; of a longer one more than `most` characters."""
        texts = self.texts
        last = min(self._last[element], self._first[element] + most + 1)  # each has a character at least
        return " ".join([text.said for text in texts[self._first[element] : last]])

    def is_empty(self, element: Element) -> bool:
        """Whether no text is inside of an element."""
        return not self.texts or self._first[element] == self._last[element]

    @cached_property
    def text(self) -> str:
        """All text that a reader sees, in single spaces."""
        return " ".join(part.said for part in self.texts)

    @cached_property
    def headings(self) -> list[str]:
        """The h1 headings; the first h2 where there is none."""
        return self._headings("h1") or self._headings("h2")[:1]

    def _headings(self, tag: str) -> list[str]:
        first = islice(self.root.iter(tag), MOST_HEADINGS)
        return [text for heading in first if (text := text_in(heading, LONGEST_HEADING))]

    def absolute(self, address: str) -> str:
        """An address of the page as an absolute one; empty where it is none of the web's, or too long."""
        if len(address) > LONGEST_ADDRESS:
            return ""
        try:
            whole = urljoin(self.url, address.strip())
        except ValueError:
            return ""
        return whole if whole.startswith(("http://", "https://")) else ""


def _parsed(text: str) -> Element:
    """The tree of a page, however malformed.

    Plain elements: those of lxml.html call Python for each class.
    """
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "ignore") or b"<p>", parser=parser)
    except (etree.ParseError, ValueError):
        root = None
    return root if root is not None else etree.fromstring(b"<html><body/></html>", parser=parser)


def _script(element: Element) -> Script:
    return Script(element.get("type") or "", element.get("id") or "", element.text or "")


def _metas(root: Element) -> dict[str, str]:
    """What the meta elements say, the first of a name."""
    metas: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if said := meta.get("content"):
            metas.setdefault(name.lower(), said[:LONGEST_TEXT])
    return metas


def _own_address(root: Element, metas: dict[str, str]) -> str:
    """The address that the page gives for itself."""
    links = [
        link.get("href") or "" for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical"
    ]
    return next((a for a in (*links, metas.get("og:url", "")) if a.startswith("http")), "")


def _saved_from(text: str) -> str:
    """The address that a browser notes in a page that it saves."""
    saved = _SAVED_FROM.search(text[:_HEAD])
    return saved[1] if saved else ""
