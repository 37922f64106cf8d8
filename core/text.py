"""The one way to compare names, and the one way to make a slug of them. Pure Python, without Django.

`fold` writes a name in words of a-z and 0-9. Letters of all alphabets become Latin ones. Every other sign
separates words, so that digits are never joined to other digits. Only a plus that ends a word is a word of
its own, because the XZ and the XZ+ are two cars. `slug` joins the words by hyphens, `squash` by nothing.

| name                           | fold                         | slug                         |
|--------------------------------|------------------------------|------------------------------|
| Bugatti Veyron 16.4 Coupe 2009 | bugatti veyron 16 4 coupe …  | bugatti-veyron-16-4-coupe-…  |
| Ram C/V                        | ram c v                      | ram-c-v                      |
| Lynk & Co 01                   | lynk co 01                   | lynk-co-01                   |
| Tata Nexon XZ+                 | tata nexon xz plus           | tata-nexon-xz-plus           |
| golf+gti                       | golf gti                     | golf-gti                     |
| Citroën DS_3                   | citroen ds 3                 | citroen-ds-3                 |
| Kia Cee’d                      | kia cee d                    | kia-cee-d                    |
| Łada, Лада, Λάδα               | lada                         | lada                         |
| Škoda Ørsted, Weißmann         | skoda orsted, weissmann      | skoda-orsted-weissmann       |
| Ford Focus® ¾ t                | ford focus 3 4 t             | ford-focus-3-4-t             |
| 日産                           | ri chan                      | ri-chan                      |
| !!!                            | (nothing)                    | xe84c538e                    |

Stored words and slugs follow from these rules: changing a rule needs a migration of what the catalogue holds.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Literal

from anyascii import anyascii

#: Characters of the longest slug that a car can have.
LONGEST_SLUG = 190

_MOST_MARKS = 30
_WORD = re.compile(r"[a-z0-9]+")
_PLUS_AT_THE_END = re.compile(r"(?<=[a-z0-9])\++(?![a-z0-9])")


def fold(text: str) -> str:
    """Lower-case words of a-z and 0-9, separated by single spaces; idempotent.

    Empty where `text` has no letter or digit.
    """
    if not text.isascii():
        text = "".join(map(_in_ascii, normalised("NFC", text)))
    text = text.lower()
    if "+" in text:
        text = _PLUS_AT_THE_END.sub(" plus ", text)
    return " ".join(_WORD.findall(text))


def normalised(form: Literal["NFC", "NFKC", "NFD", "NFKD"], text: str) -> str:
    """A text in a normal form of Unicode, without the marks upon a letter beyond the thirtieth.

    To normalise sorts the marks of a letter, in a time that grows with the square of their number. Thirty is
    what Unicode's own Stream-Safe Text Format allows (UAX #15).
    """
    if len(text) <= _MOST_MARKS or text.isascii():
        return unicodedata.normalize(form, text)
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.category(sign)[0] == "M" else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return unicodedata.normalize(form, "".join(kept))


def squash(text: str) -> str:
    """The words of a name written as one: "F-150", "F 150" and "f150" are the same."""
    return fold(text).replace(" ", "")


def slug(text: str, longest: int = LONGEST_SLUG) -> str:
    """What names `text` in addresses: at most `longest` characters, never empty.

    Where there is no letter or digit to name it by, that is a digest.
    """
    words = fold(text) or f"x{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:8]}"
    return words[:longest].strip().replace(" ", "-")


@lru_cache(maxsize=5_000)
def _in_ascii(sign: str) -> str:
    """A letter or digit in Latin ones. Marks of a letter add nothing, other signs separate words."""
    if sign.isascii():
        return sign
    category = unicodedata.category(sign)
    if category == "Cf":  # a soft hyphen, a zero-width joiner
        return ""
    if category[0] not in "LMN":
        return " "
    written = anyascii(sign)
    if category != "Lm" and not any(char.isalnum() for char in written) and sign.isalnum():
        written = f"u{ord(sign):x}"  # better a name that cannot be pronounced than none
    # Scripts that have a sign for a syllable or a word set no spaces between words.
    is_syllable = category == "Lo" and unicodedata.east_asian_width(sign) in "WF"
    return f" {written} " if is_syllable else written
