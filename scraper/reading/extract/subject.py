"""What a page is about, where that is something else than a car: other vehicles, parts, toys, services.

They have labels and units of cars, and often name one. The words are data: `labels/others.toml`.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote, urlsplit

from scraper.reading.extract.nodes import Node, kinds, nodes_in, text_of
from scraper.reading.extract.page import Page
from scraper.reading.normalise.titles import title
from scraper.reading.vocabulary import fold, read

_TYPES = {"motorcycle", "motorizedbicycle", "busorcoach"}
_FIRST_PART = re.compile(r"\s[|–—·»-]\s|\s*\|\s*")
_LONGEST_LABEL = 40
_NAMES_OF_CLASS = ("class", "klasse", "classe", "clase", "klass")


@cache
def _words(name: str) -> re.Pattern[str]:
    said = sorted(read("others")[name], key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, said))})(?![\w-])")


@cache
def _motorcycle_rows() -> frozenset[str]:
    return frozenset(read("others")["motorcycle_rows"])


@cache
def _part_labels() -> frozenset[str]:
    return frozenset(read("others")["part_labels"])


def is_other(page: Page, tops: list[Node]) -> bool:
    """Whether the page is about something else than a car."""
    heads = [fold(head) for head in (_FIRST_PART.split(page.title, maxsplit=1)[0], *page.headings[:1])]
    said_steps = [fold(crumb) for crumb in crumbs(page, tops)]
    return (
        any(kinds(node) & _TYPES for node in tops)
        or any(_is_head_of_another(head) for head in heads)
        or any(_words("vehicles").fullmatch(said) for said in (*said_steps, *steps(page.url)))
        or any(_words("goods").search(said) for said in (fold(page.title), *heads, *said_steps))
        or any(_is_part_label(text.said) for text in page.texts)
    )


def _is_head_of_another(head: str) -> bool:
    """Whether a heading names another vehicle, a service, a part, or asks a question."""
    names_another = _words("vehicles").search(head) or _words("services").search(head)
    return bool(names_another or _words("asked").match(head)) or _is_part(head)


def is_motorcycle(rows: dict[str, str]) -> bool:
    """Whether labels and values of a box describe a motorcycle, or say so by the vehicle's class."""
    known = {fold(name): fold(text) for name, text in rows.items()}
    classes = (known.get(name, "") for name in _NAMES_OF_CLASS)
    return bool(known.keys() & _motorcycle_rows()) or any(map(_words("vehicles").search, classes))


def _is_part_label(said: str) -> bool:
    if len(said) > _LONGEST_LABEL:
        return False
    low = said.lower() if said.isascii() else fold(said)
    return low.rstrip(" :") in _part_labels()


def _is_part(heading: str) -> bool:
    """ "Brake pads for BMW 3 Series" is about brake pads; a BMW with new brake pads names the BMW first."""
    part = _words("parts").search(heading)
    if not part:
        return False
    named = title(heading[part.end() :])
    return bool(named.make) and not title(heading[: part.start()]).make


def crumbs(page: Page, tops: list[Node]) -> list[str]:
    """What stands in the page's breadcrumbs, those that people see and those that are marked up."""
    graphs = [part for node in tops for part in nodes_in(node, "@graph")]
    lists = [node for node in tops + graphs if "breadcrumblist" in kinds(node)]
    parts = [part for node in lists for part in nodes_in(node, "itemlistelement")]
    return page.crumbs + [text_of(part.get("name") or part.get("item")) for part in parts]


def steps(address: str) -> list[str]:
    """The folders of an address, as words."""
    path = unquote(urlsplit(address).path)
    return [fold(step.replace("-", " ")) for step in path.split("/")[:-1] if step]
