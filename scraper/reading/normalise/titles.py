"""Titles such as "2016 Porsche 718 Boxster S", taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from core.text import squash
from scraper.reading.normalise.names import YEAR, known_prefix, make_of, makes, models
from scraper.reading.normalise.years import latest
from scraper.reading.vocabulary import read

_LEADING = re.compile(
    r"^(?:used|new|certified|pre-owned|certified pre-owned|the all-new|all-new|the new|the|gebraucht\w*|"
    r"neu\w*|noul|noua|nouvelle|nouveau|nuova|nuovo|nuevo|nueva|nieuwe|nya|occasion|voiture|buy|second hand|"
    r"for sale|2nd hand|annonce|coche|auto|car|approved|usata|usato|begagnad)\b[\s:,–-]*",
    re.IGNORECASE,
)
# What ends the name of a car in a title: a separator, or a word that speaks of the offer.
_ENDS = re.compile(
    r"\s+[|–—•·»]\s+|\s+-\s+|,\s|\s*\||\s\(|:\s|"
    r"\s+(?:in|near|at|for sale|te koop|till salu|til salg|til salgs|myydään|eladó|satılık|na prodej|"
    r"na sprzedaż|à venda|продава|продам|de vânzare|zu verkaufen|à vendre|en venta|in vendita|gebraucht|"
    r"occasion|kaufen|for €|für €|specs|specifications|price|prices|review|reviews|details|photos|images|"
    r"mileage|features|car|technical|prezentare|caracteristici|datenblatt|technische daten|fiche technique|"
    r"ficha|scheda)\b",
    re.IGNORECASE,
)
_EDGES = " -–|,:"
_LONGEST = 1000  # characters: what stands behind them names no car any more
_FIRST_YEAR = 1900
_LONGEST_TRIM = 80
_WORDS_BEFORE_A_MAKE, _WORDS_BEFORE_A_MODEL = 8, 4
_SHORTEST_BEHIND_WORDS = 3  # characters: shorter names of makes are words of languages


@dataclass(frozen=True)
class Title:
    """A title taken apart; what isn't sure is empty."""

    make: str = ""
    model: str = ""
    trim: str = ""
    year: int | None = None


@lru_cache(maxsize=5_000)
def title(text: str) -> Title:
    """Make, model, trim and year of a title such as "2016 Porsche 718 Boxster S".

    A model is taken where it is known, or where it is all that stands behind the make.
    """
    said = " ".join(text[:_LONGEST].split())
    while match := _LEADING.match(said):
        said = said[match.end() :]
    years = {int(year) for year in YEAR.findall(said) if _FIRST_YEAR <= int(year) <= latest()}
    words = said.split(" ")
    found = _make_in(words) or _implied_make_in(words)
    if found is None:
        return Title()
    make, end = found
    model, trim = _model_in(make, " ".join(words[end:]))
    years -= {int(model)} if model.isdecimal() else set()  # a Peugeot 2008
    return Title(make, model, trim, years.pop() if len(years) == 1 else None)


# --- The make -----------------------------------------------------------------------------------------------
def _make_in(words: list[str]) -> tuple[str, int] | None:
    """The make and the word behind it: at the start, behind a year, or as the first unmistakable name."""
    for start in range(min(len(words), _WORDS_BEFORE_A_MAKE)):
        for length in (3, 2, 1):
            key = squash(" ".join(words[start : start + length]))
            name = makes().get(key, "") if start + length <= len(words) else ""
            if name and _is_unmistakable(key, words[:start]):
                return name, start + length
    return None


def _is_unmistakable(key: str, ahead: list[str]) -> bool:
    """Whether the name of a make is not a word like others behind these words; years do not count."""
    is_first = all(YEAR.fullmatch(word) for word in ahead)
    return is_first or (key not in _everyday() and len(key) >= _SHORTEST_BEHIND_WORDS)


@cache
def _everyday() -> frozenset[str]:
    """Keys of makes that are words of everyday, too."""
    return frozenset(squash(name) for name in read("makes")["everyday"]["names"])


def _implied_make_in(words: list[str]) -> tuple[str, int] | None:
    """The make of a model that people name without it, and the word where that model begins."""
    for start in range(min(len(words), _WORDS_BEFORE_A_MODEL)):
        for length in (2, 1):
            if name := _implied().get(squash(" ".join(words[start : start + length])), ""):
                return name, start
    return None


@cache
def _implied() -> dict[str, str]:
    """Key of a model that people name without its make → the make."""
    return {squash(model): make for model, make in read("makes")["implied"].items()}


# --- The model ----------------------------------------------------------------------------------------------
def _model_in(make: str, rest: str) -> tuple[str, str]:
    """Model and trim in what follows a make.

    An unknown model has no trim: nothing tells where the one ends and the other begins.
    """
    head = _head(make, rest)
    words = head.split()
    name, length = _known_behind_code(make, words)
    if name:
        name, length = _without_version(make, name, length)
        trim = re.sub(r"\[.*?\]", " ", YEAR.sub(" ", " ".join(words[length:])))
        return name, " ".join(trim.split())[:_LONGEST_TRIM]
    if 1 <= len(words) <= 2 and not models(make):
        return head, ""
    if len(words) == 1 and re.fullmatch(r"[\w.+!#-]*\d[\w.+!#-]*", words[0]):
        return words[0], ""  # "C40": a new model; a word alone may be a dealer's or a heading's
    return "", ""


def _head(make: str, rest: str) -> str:
    """The car's name: without years, what ends the name, and the make once more."""
    rest = rest if known_prefix(make, rest.split())[0] else YEAR.sub(" ", rest)
    whole = _whole_name(make, rest)
    head = whole + _ENDS.split(f" {rest[len(whole) :]}", maxsplit=1)[0].rstrip(_EDGES)
    head = head.lstrip(_EDGES)
    while head and make_of(head.split(" ")[0]) == make:
        head = head.partition(" ")[2]
    return head


def _whole_name(make: str, rest: str) -> str:
    """A known model at the start that holds a word which else ends a title: a Lincoln Town Car."""
    words = rest.split(" ")
    length = known_prefix(make, words)[1] if _ENDS.search(f" {' '.join(words[:5])}") else 0
    name = " ".join(words[:length])
    return name if length > 1 and re.fullmatch(r"[\w ]+", name) else ""


def _known_behind_code(make: str, words: list[str]) -> tuple[str, int]:
    """A known model and how many words end with it: "BMW G20 3 Series" has a code before the name."""
    name, length = known_prefix(make, words)
    for skipped in (1, 2):
        if name or len(words) <= skipped:
            break
        name, length = known_prefix(make, words[skipped:])
        is_sure = len(squash(name)) > 2 and not name.isdigit()
        name, length = (name, length + skipped) if is_sure else ("", 0)
    return name, length


def _without_version(make: str, name: str, length: int) -> tuple[str, int]:
    """The model without the body or version in its name, and how many words it takes then."""
    for version in _versions().get(make, ()):
        model = name.removesuffix(f" {version}")
        if model != name and squash(model) in models(make):
            return model, length - len(version.split())
    return name, length


@cache
def _versions() -> dict[str, list[str]]:
    """Words by make that name a body or version where they end a model's name."""
    table: dict[str, list[str]] = read("makes")["versions"]
    return table
