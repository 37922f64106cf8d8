"""Comparing words of other scripts with names in Latin letters by how they sound.

Transliteration writes letters, not sounds: "Камри" becomes "kamri", which no car is called. So letters that
languages exchange for each other count as one, and vowels are left out: "kamri" and "camry" both are "knr".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.text import squash

#: Percent of letters in common that two words have at least which sound alike.
SIMILAR = 30

# Letters that stand for vowels beside others, or for nothing by themselves.
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("ьъЬЪ", ""),
        **dict.fromkeys("اأإآىعאע", "a"),
        **dict.fromkeys("يי", "i"),
        **dict.fromkeys("وו", "o"),
    }
)
_CLASSES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"ck|q", "k"),
        (r"ph", "f"),
        (r"dzh|dge|tch|tsch|sch|sh|ch(?=[aeiouy])|zh|ts|tz|dz", "s"),
        (r"x", "ks"),
        (r"c(?=[eiy])", "s"),
        (r"g(?=[eiy])|j|z", "s"),
        (r"[bpfvw]", "p"),
        (r"[dt]", "t"),
        (r"[kgc]", "k"),
        (r"[mn]", "n"),
        (r"[lr]", "r"),
        (r"(?<!^)[aeiouyh]|^h", ""),
        (r"^[aeiouy]", "a"),
        (r"(.)\1+", r"\1"),
    )
]


def spoken(word: str) -> str:
    """A word in Latin letters, with vowels for the signs that some scripts have in their place."""
    return squash(word.translate(_LETTERS))


def sound(word: str) -> str:
    """What folded words have in common that sound alike."""
    for pattern, replacement in _CLASSES:
        word = pattern.sub(replacement, word)
    return word


def alike(typed: str, names: Iterable[str]) -> str | None:
    """The name that sounds like a word of another script, the most similar of several."""
    from rapidfuzz import fuzz

    said = spoken(typed)
    heard = sound(said)
    if len(heard) < 2:
        return None
    candidates = {name: fuzz.ratio(said, name) for name in names if sound(name) == heard}
    best = max(candidates, key=candidates.__getitem__, default=None)
    return best if best and candidates[best] >= SIMILAR else None
