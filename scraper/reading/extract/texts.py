"""The beginning of what an element says, without reading all of it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element


def squeeze(text: str) -> str:
    """Single spaces."""
    return " ".join(text.split())


def text_at_start(element: Element, most: int) -> str:
    """The first `most` characters of an element's text, its parts joined as they stand."""
    return squeeze("".join(_pieces(element, most)))[:most]


def text_in(element: Element, most: int) -> str:
    """The text inside of an element, its parts apart; of a longer one the first `most` characters."""
    return squeeze(" ".join(_pieces(element, most)))[:most]


def _pieces(element: Element, most: int) -> Iterator[str]:
    """Pieces of text that hold at least `most` characters beside white space, or all there are."""
    size = 0
    for piece in element.itertext():
        yield piece
        size += len(piece.strip())
        if size > most:
            return
