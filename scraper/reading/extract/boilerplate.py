"""What stands on a page beside its car, and is removed before the page is read.

Scripts, menus, forms, calculators, reviews, similar cars, and every block headed by another car's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from lxml.etree import _Element as Element

from core.text import squash
from scraper.reading.extract.limits import LONGEST_HEADING, MOST_HEADINGS
from scraper.reading.extract.pruning import Pruner, drop_all
from scraper.reading.extract.texts import text_at_start
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
_MOST_CRUMBS = 12
_MOST_LISTS_OF_CRUMBS = 50
_LONGEST_HEADING = 80
_LARGE = 0.4  # of the page's text: that is the page itself, whatever its class says


def strip(root: Element, language: str, heads: Iterable[str]) -> list[str]:
    """Remove what is not about the page's subject; return the texts of its breadcrumbs.

    `heads` are the texts that name the subject.
    """
    drop_all(root.iter(*_DROPPED))
    for element in list(root.iter(*_EMPTIED)):
        _empty(element)
    tree, crumbs = Pruner(root), _Crumbs()
    _drop_menus(root, tree, crumbs)
    tree.begin()
    for element in list(root.iter(*_MARKED_BLOCKS)):
        if not _NOT_THE_CAR.search(_names(element)):
            continue
        is_kept = crumbs.keep(element, tree) or element.tag == "ol"
        if not is_kept and not tree.is_gone(element) and not _is_main(element, tree):
            tree.drop(element)
    tree.begin()
    for choice in _choices(root):
        if not tree.is_gone(choice):
            tree.drop(choice)
    tree.begin()
    _drop_headed(root, tree, language, heads)
    tree.flush()
    return crumbs.texts


def _drop_menus(root: Element, tree: Pruner, crumbs: _Crumbs) -> None:
    """Some sites wrap the whole page in a form, or mark up tabs that hold it as navigation: those stay."""
    for form in list(root.iter("form")):
        if not tree.is_gone(form) and not _is_main(form, tree):
            tree.drop(form)
    tree.begin()
    for element in list(root.iter("nav", "footer")):
        crumbs.keep(element, tree)
        is_read = element.tag == "nav" and tree.holds(element, "table", "dl", "p") and _is_main(element, tree)
        if not tree.is_gone(element) and not tree.holds(element, "h1") and not is_read:
            tree.drop(element)


def _choices(root: Element) -> list[Element]:
    """Labels around an input, and sets of fields with one to tick."""
    around: tuple[set[Element], set[Element]] = (set(), set())
    for field in root.iter("input"):
        is_choice = field.get("type") in ("checkbox", "radio")
        for seen in around[: 1 + is_choice]:
            for above in field.iterancestors():
                if above in seen:
                    break
                seen.add(above)
    return [box for box in root.iter("label", "fieldset") if box in around[box.tag == "fieldset"]]


def _drop_headed(root: Element, tree: Pruner, language: str, heads: Iterable[str]) -> None:
    """Drop what stands below headings of other cars, similar cars and other things beside a car."""
    own = _own_cars(root, heads)
    said = {heading: text_at_start(heading, _LONGEST_HEADING) for heading in root.iter(*_HEADINGS)}
    others = {heading for heading, text in said.items() if own and _is_another(text, own)}
    styles = _styles(said)
    cards = {styles[heading] for heading in others}
    for heading, text in said.items():
        if tree.is_gone(heading):
            continue
        beside = has_phrase("similar", text, language) or is_heading_of("beside", text, language)
        # Among cards of other cars, one of the same model is another car, too.
        is_card = styles[heading] in cards and title(text).model
        if beside or heading in others or is_card:
            _drop_claimed(heading, tree)


def _own_cars(root: Element, heads: Iterable[str]) -> set[tuple[str, str]]:
    """Make and model key of the cars that the heads name.

    Of a model that no list knows only the make counts: then cars of other makes are others.
    """
    own = {(named.make, squash(named.model)) for head in heads if (named := title(head)).model}
    if own:
        return own
    first = islice(root.iter("h1"), MOST_HEADINGS)
    main = (title(text_at_start(heading, LONGEST_HEADING)) for heading in first)
    return {(named.make, "") for named in main if named.make}


def _styles(headings: Iterable[Element]) -> dict[Element, tuple[str, ...]]:
    """What makes headings of a list look alike: their element and class, and those of the box around them."""
    boxes: dict[Element, tuple[str, ...]] = {}
    styles = {}
    for heading in headings:
        parent = heading.getparent()
        if parent is not None and parent not in boxes:
            boxes[parent] = (str(parent.tag), parent.get("class") or "")
        around = boxes[parent] if parent is not None else ()
        styles[heading] = (str(heading.tag), heading.get("class") or "", *around)
    return styles


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


def _drop_claimed(heading: Element, tree: Pruner) -> None:
    """Removes what a heading stands over: its block, or what follows it up to the next heading."""
    top = _wrapped(heading, tree)
    parent = top.getparent()
    if parent is None:
        return
    if parent.tag in _BLOCKS and not _is_main(parent, tree) and top.getprevious() is None:
        tree.drop(_card(parent, tree))
        return
    element = top.getnext()
    while element is not None:
        if element.tag in ("h1", "h2", heading.tag) or tree.holds(element, "h1", str(heading.tag)):
            break
        following = element.getnext()
        tree.drop(element)
        element = following
    tree.drop(top)


def _wrapped(heading: Element, tree: Pruner) -> Element:
    """The largest box that holds no more text than the heading."""
    top = heading
    while (parent := top.getparent()) is not None and parent.tag != "body":
        if tree.length(parent) != tree.length(top):
            break
        top = parent
    return top


def _card(block: Element, tree: Pruner) -> Element:
    """The card around the head of a card: as long as no other heading stands in it."""
    parent = block.getparent()
    while parent is not None and parent.tag in _BLOCKS and not _is_main(parent, tree):
        if tree.number(parent, ("h1", *_HEADINGS)) > 1:
            break
        block, parent = parent, parent.getparent()
    return block


class _Crumbs:
    """The breadcrumbs that were met: they say what sort of thing a page offers, and go with the menus."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._lists = 0

    def keep(self, element: Element, tree: Pruner) -> bool:
        """Keep the texts of an element that is a list of breadcrumbs; drop it, if it is not a menu."""
        if element.tag not in ("nav", "ol", "ul", "div") or not _CRUMBS.search(_names(element)):
            return False
        if tree.holds(element, "h1") or self._lists >= _MOST_LISTS_OF_CRUMBS:
            return False
        self._lists += 1
        said = (" ".join(text.split()) for text in element.itertext() if not text.isspace())
        texts = list(islice(said, _MOST_CRUMBS + 1))
        if not texts or len(texts) > _MOST_CRUMBS:
            return False
        self.texts += texts
        if element.tag != "nav" and not tree.is_gone(element):
            tree.drop(element)
        return True


def _is_main(element: Element, tree: Pruner) -> bool:
    return tree.holds(element, "h1") or tree.length(element) > _LARGE * tree.total


def _names(element: Element) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('aria-label') or ''}"


def _empty(element: Element) -> None:
    """Takes out what an element holds."""
    element.text = None
    for child in list(element):
        element.remove(child)
