"""A page's tree while parts are taken out of it: how much text each element holds, and which headings.

All is counted in one walk and kept true by each removal. To ask the tree itself again and again takes time
that grows with the square of the page.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml.etree import _Element as Element

#: Elements whose number inside of others is known.
COUNTED = ("h1", "h2", "h3", "h4", "h5", "h6", "table", "dl", "p")
# One number holds all counts of an element: the characters of its text below, a field for each tag above.
_LENGTH_BITS, _TAG_BITS = 40, 24
_LENGTH = (1 << _LENGTH_BITS) - 1
_TAG = (1 << _TAG_BITS) - 1
_SHIFT = {tag: _LENGTH_BITS + _TAG_BITS * place for place, tag in enumerate(COUNTED)}
_ONE = {tag: 1 << shift for tag, shift in _SHIFT.items()}


def drop_all(elements: Iterable[Element]) -> None:
    """Take elements out of the tree; the texts behind them stay."""
    doomed = {element: element.getparent() for element in elements}
    for parent in dict.fromkeys(parent for parent in doomed.values() if parent is not None):
        before: Element | None = None
        behind: list[str] = []
        for child in list(parent):
            if child not in doomed:
                _append(parent, before, behind)
                before, behind = child, []
                continue
            if child.tail:
                behind.append(child.tail)
            parent.remove(child)
        _append(parent, before, behind)


def _append(parent: Element, before: Element | None, texts: list[str]) -> None:
    """Add texts behind a child of `parent`, or at its start."""
    if not texts:
        return
    if before is None:
        parent.text = "".join([parent.text or "", *texts])
    else:
        before.tail = "".join([before.tail or "", *texts])


class Pruner:
    """Takes elements out of a tree. `flush` puts the texts behind them where they belong.

    Until then those texts are counted, but can't be read: each reading of texts needs a `flush` before it.
    """

    def __init__(self, root: Element) -> None:
        self._counts: dict[Element, int] = {}
        self._place: dict[Element, int] = {}
        self._end: dict[Element, int] = {}
        self._behind: dict[tuple[Element, Element | None], list[str]] = {}
        #: Place in the document before which all that follows the last removal is gone.
        self._gone_until = 0
        self._count(root)
        self.total = self.length(root)

    def _count(self, root: Element) -> None:
        elements = list(root.iter())
        for place, element in enumerate(elements):
            self._place[element] = place
        for element in reversed(elements):  # what an element holds comes before itself
            count = len(element.text or "") + _ONE.get(element.tag, 0)
            end = self._place[element] + 1
            for child in element:
                count += self._counts[child] + len(child.tail or "")
                end = self._end[child]
            self._counts[element], self._end[element] = count, end

    def length(self, element: Element) -> int:
        """Characters of all text inside of an element, white space included."""
        return self._counts[element] & _LENGTH

    def holds(self, element: Element, *tags: str) -> bool:
        """Whether an element is one of these, or one is inside of it. Tags are those of `COUNTED`."""
        count = self._counts[element]
        return any(count >> _SHIFT[tag] & _TAG for tag in tags)

    def number(self, element: Element, tags: Iterable[str]) -> int:
        """How many of these an element holds, itself included."""
        count = self._counts[element]
        return sum(count >> _SHIFT[tag] & _TAG for tag in tags)

    def is_gone(self, element: Element) -> bool:
        """Whether an element went with another one, for who walks and drops in the document's order."""
        return self._place[element] < self._gone_until

    def begin(self) -> None:
        """Before another walk from the document's start."""
        self.flush()
        self._gone_until = 0

    def drop(self, element: Element) -> None:
        """Take an element out, with all that it holds."""
        parent, before = element.getparent(), element.getprevious()
        if parent is None:
            return
        self._gone_until = max(self._gone_until, self._end[element])
        count = self._counts[element]
        for above in element.iterancestors():
            self._counts[above] -= count
        behind = self._behind.pop((parent, element), [])
        if element.tail:
            behind.insert(0, element.tail)
        if behind:
            self._behind.setdefault((parent, before), []).extend(behind)
        parent.remove(element)

    def flush(self) -> None:
        """Put the texts that stood behind what is gone into the tree."""
        for (parent, before), texts in self._behind.items():
            _append(parent, before, texts)
        self._behind.clear()
