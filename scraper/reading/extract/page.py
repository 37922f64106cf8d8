"""A saved page: decoded, parsed once, and stripped of what is not about its subject."""

from __future__ import annotations

import codecs
import re
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from scraper.reading.extract.boilerplate import strip
from scraper.reading.vocabulary import LANGUAGES, fold, has_phrase

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_\-]+)", re.IGNORECASE)
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")
_TYPES = re.compile(
    r"<(?:html|head|body|div|table|p|title|script|!doctype|ul|span|section|dl)\b", re.IGNORECASE
)
INFOBOXES = ("infobox", "sinottico", "infocaseta")  # what encyclopedias call the class of theirs
_TEXTS = etree.XPath("//text()[normalize-space()]")
_DIGIT = re.compile(r"\d")


def _parsed(text: str) -> Element:
    """The tree of a page, whatever is wrong with it. Plain elements: lxml.html's own ask Python for each class."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "ignore") or b"<p>", parser=parser)
    except (etree.ParseError, ValueError):
        root = None
    return root if root is not None else etree.fromstring(b"<html><body/></html>", parser=parser)


def decode(content: bytes) -> str:
    """The text of a page. Bytes that are valid UTF-8 are UTF-8, whatever the page declares; else its word
    counts.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(name, "replace").lstrip("\ufeff")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":  # cut off inside a character
            return content[: error.start].decode("utf-8")
    declared = _META_CHARSET.search(content[:4096])
    name = declared[1].decode("ascii").lower() if declared else "cp1252"
    name = (
        "cp1252" if name in ("iso-8859-1", "latin1", "latin-1", "us-ascii") else name
    )  # as browsers read it
    if name in ("utf-8", "utf8") and not _is_mostly_utf8(content):
        name = "cp1252"
    try:
        return content.decode(name, "replace")
    except LookupError:
        return content.decode("cp1252", "replace")


def _is_mostly_utf8(content: bytes) -> bool:
    """Whether what is not ASCII is more often valid UTF-8 than not: a page with one bad byte, not one in
    another encoding.
    """
    text = content.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - bad > bad


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


class Page:
    """One page: `root` without scripts, menus and other cars; `scripts` as (type, id, text)."""

    def __init__(self, content: bytes, url: str) -> None:
        text = decode(content).replace("\x00", "")
        self.is_html = bool(_TYPES.search(text[:20_000]))
        saved = _SAVED_FROM.search(text[:4000])
        self.has_infobox = any(name in text for name in INFOBOXES)
        self.root = _parsed(text)
        self.scripts = [
            (s.get("type") or "", s.get("id") or "", s.text or "") for s in self.root.iter("script")
        ]
        self.metas: dict[str, str] = {}
        for meta in self.root.iter("meta"):
            name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
            if said := meta.get("content"):
                self.metas.setdefault(name.lower(), said)
        self.url = url or self._own_address() or (saved[1] if saved else "")
        self.language = self._language()
        self.title = squeeze(self.root.findtext(".//head/title") or "")
        first = [squeeze(" ".join(h.itertext())) for h in self.root.iter("h1")]
        self.crumbs = strip(self.root, self.language, [*first, self.metas.get("og:title", ""), self.title])

    def _own_address(self) -> str:
        """The address that the page gives for itself."""
        links = [
            link.get("href") or ""
            for link in self.root.iter("link")
            if (link.get("rel") or "").lower() == "canonical"
        ]
        return next((a for a in (*links, self.metas.get("og:url", "")) if a.startswith("http")), "")

    def _language(self) -> str:
        """The page's language tag; a page that names none, or a template's default, is believed by its
        domain.
        """
        host = (urlsplit(self.url).hostname or "").rsplit(".", 1)[-1]
        said = (
            (self.root.get("lang") or self.root.get("xml:lang") or self.metas.get("og:locale") or "")
            .replace("_", "-")
            .strip()
        )
        by_domain = {
            "at": "de-AT",
            "ch": "de-CH",
            "be": "nl-BE",
            "se": "sv-SE",
            "uk": "en-GB",
            "in": "en-IN",
            "ca": "en-CA",
            "au": "en-AU",
        }
        known = by_domain.get(host) or (
            f"{host}-{host.upper()}" if host in LANGUAGES and host not in ("hi", "en") else ""
        )
        if not said:
            return known or "en"
        if (
            said[:2].lower() == "en"
            and known
            and known[:2] != "en"
            and host in ("ro", "se", "de", "fr", "nl", "es", "it")
        ):
            return known if self._speaks(known) else said
        return said

    def _speaks(self, tag: str) -> bool:
        """Whether the page holds the little words of a language: templates keep lang="en"."""
        little = {
            "de": " und ",
            "fr": " et ",
            "nl": " en ",
            "es": " y ",
            "it": " e ",
            "ro": " si ",
            "sv": " och ",
        }
        text = fold(
            " ".join(self.root.xpath("//body//text()[not(ancestor::script or ancestor::style)]")[:3000])
        )
        return text.count(little.get(tag[:2], "\x00")) > 2 * text.count(" and ")

    @cached_property
    def texts(self) -> list[Text]:
        """Each piece of text that a reader sees, in the page's order: one pass over the tree for all who look."""
        return [
            Text(said, part.getparent(), part.is_tail, _DIGIT.search(said) is not None)
            for part in _TEXTS(self.root)
            if (said := " ".join(part.split()))
        ]

    @cached_property
    def text(self) -> str:
        """All text that a reader sees, in single spaces."""
        return " ".join(part.said for part in self.texts)

    @cached_property
    def headings(self) -> list[str]:
        """The h1 headings; the first h2 where there is none."""
        first = [text for h in self.root.iter("h1") if (text := squeeze(" ".join(h.itertext())))]
        return first or [text for h in self.root.iter("h2") if (text := squeeze(" ".join(h.itertext())))][:1]

    def odometer_unit(self, figure: str) -> str:
        """The unit that the page shows beside this figure: structures often leave it out."""
        digits = re.sub(r"\D", "", figure.removesuffix(".0"))
        if not 3 <= len(digits) <= 7:
            return ""
        found = re.search(rf"{_grouped(digits)}\s*(km|kms|mi|miles|mil)\b", self.text, re.IGNORECASE)
        return found[1].lower() if found else ""

    def is_rate(self, figure: str) -> bool:
        """Whether the page shows this figure as one to be paid by the month: some mark up rates as prices."""
        digits = whole_digits(figure)
        if not 2 <= len(digits) <= 4:
            return False
        shown = re.finditer(_grouped(digits), self.text)
        return any(has_phrase("monthly", self.text[m.start() : m.end() + 25], self.language) for m in shown)

    def shows(self, figure: str) -> bool:
        """Whether people see this figure, in whichever groups."""
        return re.search(_grouped(whole_digits(figure)), self.text) is not None

    def absolute(self, address: str) -> str:
        """An address of the page as an absolute one; empty where it is none of the web's."""
        try:
            whole = urljoin(self.url, address.strip())
        except ValueError:
            return ""
        return whole if whole.startswith(("http://", "https://")) else ""


def whole_digits(figure: str) -> str:
    """The digits of an amount without its cents."""
    return re.sub(r"\D", "", re.sub(r"[.,]\d{1,2}$", "", figure.strip()))


def _grouped(digits: str) -> str:
    """A pattern for a number, however its thousands are grouped."""
    head = len(digits) % 3 or 3
    groups = [digits[:head], *re.findall(r"\d{3}", digits[head:])]
    return r"(?<!\d)" + r"[.,'’\s]?".join(groups) + r"(?!\d)"


def squeeze(text: str) -> str:
    """Single spaces."""
    return " ".join(text.split())
