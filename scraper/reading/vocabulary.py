"""The words that pages and the catalogue share: keys with unit and plausible range, labels by language.

The labels are data (`labels/*.toml`, one file a language): a site in a new language needs no code. No Django
here; that keys, units and words agree with `catalog.specs.vocabulary` is held by a test.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from core.text import normalised

FOLDER = Path(__file__).parent / "labels"
LANGUAGES = (
    "en", "de", "fr", "nl", "es", "it", "ro", "sv", "hi", "pl", "pt", "da", "nb", "cs", "ru", "tr", "hu",
    "fi", "bg", "hr", "el", "lt",
)  # fmt: skip
# Languages that are read by a neighbour's file.
_LIKE = {"no": "nb", "nn": "nb", "sk": "cs", "uk": "ru", "be": "ru", "sr": "hr", "bs": "hr", "sl": "hr"}
LETTERS_IN_A_LABEL = 60


@dataclass(frozen=True)
class Kind:
    """A canonical key. A number outside of `low`…`high` (in `unit`) is a mistake of the page or of ours."""

    key: str
    kind: Literal["name", "year", "number", "money", "words"]
    unit: str = ""
    low: float = 0.0
    high: float = float("inf")


KEYS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("make", "name"),
        Kind("model", "name"),
        Kind("trim", "name"),
        Kind("name", "name"),  # make, model and more in one: a title
        Kind("engine", "name"),  # a description such as "2.0 l diesel, 110 kW"
        Kind("year", "year"),
        Kind("first_registration", "year"),
        Kind("body_style", "words"),
        Kind("condition", "words"),
        Kind("mileage", "number", "m", 0, 3e9),
        Kind("price", "money", "", 100, 1e12),
        Kind("currency", "name"),
        Kind("fuel", "words"),
        Kind("fuel_grade", "words"),
        Kind("displacement", "number", "m3", 5e-5, 0.03),
        Kind("cylinders", "number", "", 1, 18),
        Kind("aspiration", "words"),
        Kind("power", "number", "W", 2e3, 2.5e6),
        Kind("torque", "number", "N m", 10, 15e3),
        Kind("transmission", "words"),
        Kind("gears", "number", "", 1, 12),
        Kind("drive", "words"),
        Kind("consumption_city", "number", "m3/m", 3e-9, 6e-7),
        Kind("consumption_highway", "number", "m3/m", 3e-9, 6e-7),
        Kind("consumption_combined", "number", "m3/m", 3e-9, 6e-7),
        Kind("electricity_combined", "number", "J/m", 100, 2500),
        Kind("electric_range", "number", "m", 5e3, 2e6),
        Kind("co2", "number", "kg/m", 0, 1.5e-3),
        Kind("doors", "number", "", 1, 7),
        Kind("seats", "number", "", 1, 25),
        Kind("length", "number", "m", 1.5, 9),
        Kind("width", "number", "m", 1, 3),
        Kind("height", "number", "m", 0.8, 3.5),
        Kind("wheelbase", "number", "m", 1, 6),
        Kind("mass", "number", "kg", 200, 6000),
    )
}


@dataclass(frozen=True)
class Label:
    """What a label stands for: key, unit (or none), and its rank among the labels of that key."""

    key: str
    unit: str = ""
    rank: int = 0


@dataclass(frozen=True)
class Language:
    """One file of labels.

    `words` holds, by key, folded word → canonical word; `phrases` folded phrases by purpose.
    """

    code: str
    decimal: str
    labels: dict[str, Label]
    words: dict[str, dict[str, str]]
    phrases: dict[str, tuple[str, ...]]


def fold(text: str) -> str:
    """Lower case, no diacritics, single spaces: how labels and words are compared.

    Signs stay, as units have some ("l/100 km"). Names are compared by `core.text`.
    """
    if not text.isascii():
        text = "".join(c for c in normalised("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.casefold().replace("\u2019", "'").split())


def read(name: str) -> dict[str, Any]:
    """A file of `labels/`."""
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def language(code: str) -> Language:
    """The labels of a language by its tag ("de", "de-AT"); English where there is no file."""
    base = code.lower().replace("_", "-").split("-", 1)[0]
    base = _LIKE.get(base, base)
    if base not in LANGUAGES:
        base = "en"
    data = read(base)
    labels: dict[str, Label] = {}
    for key, texts in data["labels"].items():
        for rank, text in enumerate(texts):
            words, _, unit = text.partition("|")
            labels.setdefault(fold(words), Label(key, unit, rank))
    words = {
        key: {fold(word): canonical for canonical, said in table.items() for word in said}
        for key, table in data.get("words", {}).items()
    }
    phrases = {name: tuple(fold(phrase) for phrase in said) for name, said in data["phrases"].items()}
    return Language(base, data["decimal"], labels, words, phrases)


@cache
def _readers(code: str) -> tuple[Language, ...]:
    """The page's language, then English (sites mix), then all others."""
    first = language(code)
    rest = ("en", *(other for other in LANGUAGES if other != "en"))
    return (first, *(language(other) for other in rest if other != first.code))


@cache
def _labels_of(code: str) -> dict[str, Label]:
    """Folded label → what it stands for; the page's own language comes before the others."""
    known: dict[str, Label] = {}
    for reader in reversed(_readers(code)):
        known |= reader.labels
    return known


_BRACKET = re.compile(
    r"^(?P<label>.+?)\s*[\(\[](?P<unit>[^()\[\]]{1,20})[\)\]]$|"
    r"^(?P<named>.+?)\s*,\s*(?P<after>[a-z³0-9/@ ]{1,10})$"
)
_TRAILING = " \t:：*•·-–."


@lru_cache(maxsize=20_000)
def label(text: str, code: str) -> Label | None:
    """What a label on a page in this language stands for; None where no language knows it.

    A unit in brackets or behind a comma ("Power (kW)", "Length, mm") is taken off and kept.
    """
    if len(text) > LETTERS_IN_A_LABEL:
        return None
    said = fold(text.strip(_TRAILING))
    if not said:
        return None
    labels = _labels_of(code)
    if found := labels.get(said):
        return found
    if match := _BRACKET.match(said):
        name = (match["label"] or match["named"] or "").strip(_TRAILING)
        unit = match["unit"] or match["after"] or ""
        if found := labels.get(name):
            return Label(found.key, found.unit or unit, found.rank)
    return None


def words_of(key: str, code: str) -> list[dict[str, str]]:
    """Folded word → canonical word of a key, the page's own language first."""
    return [reader.words[key] for reader in _readers(code) if key in reader.words]


def is_heading_of(purpose: str, text: str, code: str) -> bool:
    """Whether a heading is one of this purpose, or holds one of several words."""
    folded = fold(text).strip(_TRAILING)
    phrases = (phrase for reader in _readers(code)[:2] for phrase in reader.phrases.get(purpose, ()))
    return any(folded == phrase or (" " in phrase and phrase in folded) for phrase in phrases)


def has_phrase(purpose: str, text: str, code: str) -> bool:
    """Whether a text holds a phrase of this purpose, in its language or in English."""
    folded = fold(text)
    return any(
        phrase in folded for reader in _readers(code)[:2] for phrase in reader.phrases.get(purpose, ())
    )
