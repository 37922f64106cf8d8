"""Statements in words: the first that means a term of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from scraper.reading.normalise import words
from scraper.reading.normalise.draft import Draft

_MEANINGS: dict[str, Callable[[str, str], str]] = {
    "fuel": words.fuel,
    "transmission": words.transmission,
    "drive": words.drive,
    "body_style": words.body_style,
    "condition": words.condition,
    "aspiration": lambda text, _: words.aspiration(text),
}
# Labels that sites use for either: "Antriebsart" is a fuel here and the driven wheels there.
_MIXED = {"drive": ("fuel", "transmission"), "fuel": ("drive",)}


def term(draft: Draft, key: str) -> None:
    """The first statement for a key that means something; else one for a key that is mixed up with it."""
    for said in draft.stated(key):
        if text := _meaning(draft, key, said.text):
            draft.keep_text(key, said, text)
            return
        draft.refuse(said, "no known word")
    for said in [one for other in _MIXED.get(key, ()) for one in draft.stated(other)]:
        if text := _meaning(draft, key, said.text):
            draft.keep_text(key, said, text)
            return


def _meaning(draft: Draft, key: str, text: str) -> str:
    """The canonical words of a text; the text itself for keys that have no list of words."""
    meaning = _MEANINGS.get(key)
    return meaning(text, draft.raw.language) if meaning else " ".join(text.split())
