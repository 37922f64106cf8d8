"""Why a page gives no car, in words that are counted: a fixed set."""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import urlsplit

from scraper.reading.extract.limits import LONGEST_HEADING, MOST_HEADINGS
from scraper.reading.extract.nodes import Node, kinds
from scraper.reading.extract.page import Page
from scraper.reading.extract.texts import text_in
from scraper.reading.normalise.titles import title
from scraper.reading.vocabulary import has_phrase

EMPTY = "empty file"
NOT_HTML = "not a web page"
ERROR = "an error or access check, not a car"
NOTHING = "a search without results, or a car that is gone"
SHELL = "an unrendered JavaScript shell: its text comes only when its scripts run"
SEVERAL = "a list of cars, not one car"
NO_FACTS = "names a car, but states no facts in a form that can be read"
NO_NAME = "states facts, but not make and model"
NO_CAR = "not about one car"
ALL = (EMPTY, NOT_HTML, ERROR, NOTHING, SHELL, SEVERAL, NO_FACTS, NO_NAME, NO_CAR)

_LITTLE_TEXT = 600
_START = 20_000  # characters in which a page says that it found nothing
# Steps of an address under which sites search.
_SEARCHES = {
    "arama", "busca", "buscar", "busqueda", "haku", "hledat", "kereses", "pesquisa", "recherche", "ricerca",
    "search", "sok", "soeg", "suche", "szukaj", "zoeken",
}  # fmt: skip
_VERSUS = re.compile(
    r"\b(?:vs\.?|versus)\s|\bcompare[ds]?\b|\bcomparison\b|\bvergleich\b|\bcomparatif\b", re.IGNORECASE
)
_STATUS = re.compile(r"(?:40[0349]|410|429|50[0234])(?:\s*[-–|:!.]|\s*$)")
_LONGEST_ERROR = 8000
_LISTS = {"itemlist", "searchresultspage", "collectionpage", "offercatalog"}


def is_error(page: Page) -> bool:
    """Whether title or heading are those of an error page.

    A number counts at the start of a heading only: a Peugeot 404 is a car.
    """
    heads = [page.title, *page.headings]
    return len(page.text) < _LONGEST_ERROR and any(
        _STATUS.match(head) or has_phrase("error", head, page.language) for head in heads
    )


def compares(page: Page) -> bool:
    """Whether title or heading set cars side by side."""
    return any(_VERSUS.search(head) for head in (page.title, *page.headings[:1]))


def is_search(page: Page) -> bool:
    """Whether the address is a search's, and no main heading names a car: it may have found a single one."""
    steps = {re.sub(r"\.\w+$", "", step) for step in urlsplit(page.url).path.lower().split("/")}
    headings = islice(page.root.iter("h1"), MOST_HEADINGS)
    return bool(steps & _SEARCHES) and not any(title(text_in(h, LONGEST_HEADING)).model for h in headings)


def why_none(page: Page, tops: list[Node], *, several: bool, named: bool) -> str:
    """Why a page gave no car.

    `several`: more than one car was found; `named`: its title names one.
    """
    says_error = len(page.text) < _LITTLE_TEXT and has_phrase("error", page.text, page.language)
    if says_error or is_error(page):
        return ERROR
    if has_phrase("nothing", page.text[:_START], page.language):
        return NOTHING
    if several or compares(page):
        return SEVERAL
    if _is_shell(page):
        return SHELL
    if _is_called_a_list(page, tops):
        return SEVERAL
    return NO_FACTS if named else NO_CAR


def _is_shell(page: Page) -> bool:
    """Whether the page is mostly scripts, without a heading and with little text."""
    scripts = sum(len(script.text) for script in page.scripts)
    is_headed = next(page.root.iter("h1"), None) is not None
    return not is_headed and len(page.text) < _LITTLE_TEXT and scripts > 4 * max(len(page.text), 200)


def _is_called_a_list(page: Page, tops: list[Node]) -> bool:
    heads = " ".join([page.title, *page.headings[:1]])
    return any(kinds(node) & _LISTS for node in tops) or has_phrase("several", heads, page.language)
