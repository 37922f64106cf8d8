"""The language of a page, as a tag such as "de-AT"."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from scraper.reading.vocabulary import LANGUAGES, fold

_BY_DOMAIN = {
    "at": "de-AT", "ch": "de-CH", "be": "nl-BE", "se": "sv-SE", "uk": "en-GB", "in": "en-IN", "ca": "en-CA",
    "au": "en-AU",
}  # fmt: skip
_NOT_COUNTRIES = ("hi", "en")  # codes of languages that are no domains of their countries
# Countries whose sites are often built from English templates, which keep lang="en".
_OF_TEMPLATES = ("ro", "se", "de", "fr", "nl", "es", "it")
_LITTLE_WORDS = {
    "de": " und ", "fr": " et ", "nl": " en ", "es": " y ", "it": " e ", "ro": " si ", "sv": " och ",
}  # fmt: skip
_MOST_TEXTS = 3000


def language_of(root: Element, metas: Mapping[str, str], url: str) -> str:
    """The page's language tag; a page that names none, or a template's default, is believed by its domain."""
    domain = (urlsplit(url).hostname or "").rsplit(".", 1)[-1]
    known = _of_domain(domain)
    said = str(root.get("lang") or root.get("xml:lang") or metas.get("og:locale") or "")
    said = said.replace("_", "-").strip()
    if not said:
        return known or "en"
    may_be_a_default = said[:2].lower() == "en" and known[:2] not in ("", "en")
    if may_be_a_default and domain in _OF_TEMPLATES and _speaks(root, known):
        return known
    return said


def _of_domain(domain: str) -> str:
    """The main language of a country's domain; empty where it is none, or none that we read."""
    if domain in _BY_DOMAIN:
        return _BY_DOMAIN[domain]
    return f"{domain}-{domain.upper()}" if domain in LANGUAGES and domain not in _NOT_COUNTRIES else ""


def _speaks(root: Element, tag: str) -> bool:
    """Whether the page holds the little words of a language more often than English ones."""
    texts = root.xpath("//body//text()[not(ancestor::script or ancestor::style)]")
    text = fold(" ".join(texts[:_MOST_TEXTS]))
    return text.count(_LITTLE_WORDS.get(tag[:2], "\x00")) > 2 * text.count(" and ")
