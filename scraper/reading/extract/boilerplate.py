"""What stands on a page beside its car, and is removed before the page is read.

Scripts, menus, forms, calculators, reviews, similar cars, and every block headed by another car's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree
from lxml.etree import _Element as Element

from core.text import squash
from scraper.reading.normalise.titles import title
from scraper.reading.vocabulary import has_phrase, is_heading_of

# Classes and ids of blocks that are not about the page's car.
_NOT_THE_CAR = re.compile(
    r"similar|recommend|recently-?_?viewed|also-?_?(?:like|viewed)|you-?_?may|upsell|cross-?_?sell|mega-?_?menu|"
    r"competitor|"
    r"(?:^|[\s_-])(?:filters?|facets?|related|bread-?_?crumbs?|cookie|calculator|alternatives|lease|finance|"
    r"financing|payments?|loan|emi|insurance|nav|menu|footer|reviews?|testimonials?|faqs?|comments?|"
    r"search-?(?:form|bar|box|panel|mask))(?:[\s_-]|$)",
    re.IGNORECASE,
)
_FAMILY = re.compile(r"series?|klasse|klass|classe?|clase|er$|rada|seria|trida")
_CRUMBS = re.compile(r"bread-?_?crumb", re.IGNORECASE)
_BLOCKS = ("div", "section", "aside", "ul", "li", "article")
_MARKED_BLOCKS = ("div", "section", "aside", "ol", "ul", "article")
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_DROPPED = ("script", "style", "noscript", "template", "svg", "iframe", "head", "object", "video")
# Choices are no values; the empty box stays, so that what follows it is not taken for its value.
_EMPTIED = ("select", "textarea")
_STRING = etree.XPath("string()")
_LENGTH = etree.XPath("string-length()")
_CHOICES = etree.XPath("//label[.//input]|//fieldset[.//input[@type='checkbox' or @type='radio']]")
_MOST_CRUMBS = 12
_LONGEST_HEADING = 80
_LARGE = 0.4  # of the page's text: that is the page itself, whatever its class says


def strip(root: Element, language: str, heads: Iterable[str]) -> list[str]:
    """Remove what is not about the page's subject; return the texts of its breadcrumbs.

    `heads` are the texts that name the subject.
    """
    crumbs: list[str] = []
    for element in list(root.iter(*_DROPPED)):
        _drop(element)
    for element in list(root.iter(*_EMPTIED)):
        _empty(element)
    total = _LENGTH(root)
    _drop_menus(root, total, crumbs)
    for element in list(root.iter(*_MARKED_BLOCKS)):
        if not _NOT_THE_CAR.search(_names(element)):
            continue
        is_kept = _keep_crumbs(element, crumbs) or element.tag == "ol"
        if not is_kept and not _is_main(element, total):
            _drop(element)
    for choice in _CHOICES(root):
        _drop(choice)
    _drop_headed(root, total, language, heads)
    return crumbs


def _drop_menus(root: Element, total: float, crumbs: list[str]) -> None:
    """Some sites wrap the whole page in a form, or mark up tabs that hold it as navigation: those stay."""
    for form in list(root.iter("form")):
        if not _is_main(form, total):
            _drop(form)
    for element in list(root.iter("nav", "footer")):
        _keep_crumbs(element, crumbs)
        holds = {part.tag for part in element.iter("h1", "table", "dl", "p")}
        is_kept = "h1" in holds or (element.tag == "nav" and holds and _is_main(element, total))
        if not is_kept:
            _drop(element)


def _drop_headed(root: Element, total: float, language: str, heads: Iterable[str]) -> None:
    """Drop what stands below headings of other cars, similar cars and other things beside a car."""
    own = _own_cars(root, heads)
    said = {heading: _text(heading)[:_LONGEST_HEADING] for heading in root.iter(*_HEADINGS)}
    others = {heading for heading, text in said.items() if own and _is_another(text, own)}
    cards = {_style(heading) for heading in others}
    for heading, text in said.items():
        beside = has_phrase("similar", text, language) or is_heading_of("beside", text, language)
        # Among cards of other cars, one of the same model is another car, too.
        is_card = _style(heading) in cards and title(text).model
        if beside or heading in others or is_card:
            _drop_claimed(heading, total)


def _own_cars(root: Element, heads: Iterable[str]) -> set[tuple[str, str]]:
    """Make and model key of the cars that the heads name.

    Of a model that no list knows only the make counts: then cars of other makes are others.
    """
    own = {(named.make, squash(named.model)) for head in heads if (named := title(head)).model}
    if own:
        return own
    main = (title(_text(heading)) for heading in root.iter("h1"))
    return {(named.make, "") for named in main if named.make}


def _style(heading: Element) -> tuple[str, ...]:
    """What makes headings of a list look alike: their element and class, and those of the box around them."""
    parent = heading.getparent()
    around = (str(parent.tag), parent.get("class") or "") if parent is not None else ()
    return str(heading.tag), heading.get("class") or "", *around


def _is_another(heading: str, own: set[tuple[str, str]]) -> bool:
    """Whether a heading names another car.

    An "A4 Avant" beside an "A4" is not another, nor a "3 Series" beside a "320d".
    """
    said = title(heading)
    key = squash(said.model)
    family = _FAMILY.sub("", key)
    return bool(key) and not any(
        make == said.make
        and (
            key in model or model in key or model.startswith(family) or key.startswith(_FAMILY.sub("", model))
        )
        for make, model in own
    )


def _drop_claimed(heading: Element, total: float) -> None:
    """Removes what a heading stands over: its block, or what follows it up to the next heading."""
    top = _wrapped(heading)
    parent = top.getparent()
    if parent is None:
        return
    if parent.tag in _BLOCKS and not _is_main(parent, total) and parent.index(top) == 0:
        _drop(_card(parent, total))
        return
    for element in list(top.itersiblings()):
        if element.tag in ("h1", "h2", heading.tag) or _holds(element, "h1", heading.tag):
            break
        _drop(element)
    _drop(top)


def _wrapped(heading: Element) -> Element:
    """The largest box that holds no more text than the heading."""
    top = heading
    while (parent := top.getparent()) is not None and parent.tag != "body":
        if _LENGTH(parent) != _LENGTH(top):
            break
        top = parent
    return top


def _card(block: Element, total: float) -> Element:
    """The card around the head of a card: as long as no other heading stands in it."""
    parent = block.getparent()
    while parent is not None and parent.tag in _BLOCKS and not _is_main(parent, total):
        if sum(1 for _ in parent.iter("h1", *_HEADINGS)) > 1:
            break
        block, parent = parent, parent.getparent()
    return block


def _keep_crumbs(element: Element, crumbs: list[str]) -> bool:
    """Breadcrumbs say what sort of thing a page offers, and go with the menus."""
    if element.tag not in ("nav", "ol", "ul", "div") or not _CRUMBS.search(_names(element)):
        return False
    if _holds(element, "h1"):
        return False
    texts = [" ".join(text.split()) for text in element.itertext() if not text.isspace()]
    if not texts or len(texts) > _MOST_CRUMBS:
        return False
    crumbs += texts
    if element.tag != "nav":
        _drop(element)
    return True


def _is_main(element: Element, total: float) -> bool:
    return _holds(element, "h1") or _LENGTH(element) > _LARGE * total


def _holds(element: Element, *tags: str) -> bool:
    return next(element.iter(*tags), None) is not None


def _text(element: Element) -> str:
    return " ".join(_STRING(element).split())


def _names(element: Element) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('aria-label') or ''}"


def _drop(element: Element) -> None:
    """Takes an element out of the tree; the text behind it stays."""
    parent, before, behind = element.getparent(), element.getprevious(), element.tail
    if parent is None:
        return
    if behind and before is not None:
        before.tail = (before.tail or "") + behind
    elif behind:
        parent.text = (parent.text or "") + behind
    parent.remove(element)


def _empty(element: Element) -> None:
    """Takes out what an element holds."""
    element.text = None
    for child in list(element):
        element.remove(child)
