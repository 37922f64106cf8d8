"""Names of makes and models: aliases, casing, diacritics; titles taken apart; and how near a name is to known
ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from core.text import squash
from scraper.reading.normalise.years import latest
from scraper.reading.vocabulary import read

ACCEPT, ASK = 92.0, 78.0  # of 100: the same name written differently; perhaps the same, a person has to say

_KEEPS_CASE = 4  # "GTI", "BMW": short capitals are names, longer ones shouting


@dataclass(frozen=True)
class Match:
    """A known name for a name of a page: "same" is safe to use, "ask" needs a person, "none" is a new
    name.
    """

    name: str
    score: float
    verdict: Literal["same", "ask", "none"]


@cache
def makes() -> dict[str, str]:
    """Key of every spelling of a make → its canonical name."""
    table = read("makes")["makes"]
    known = {squash(alias): name for name, aliases in table.items() for alias in aliases}
    return known | {squash(name): name for name in table}


@cache
def _everyday() -> frozenset[str]:
    return frozenset(squash(name) for name in read("makes")["everyday"]["names"])


@cache
def _versions() -> dict[str, list[str]]:
    table: dict[str, list[str]] = read("makes")["versions"]
    return table


@cache
def models(make: str) -> dict[str, str]:
    """Key of every known model of a make → its name."""
    return {squash(name): name for name in read("models").get(make, ())}


def make_of(said: str) -> str:
    """The canonical make of a text that is nothing but a make; empty where it is not known."""
    return makes().get(squash(said), "")


def tidy(name: str) -> str:
    """A name in the case that people write: shouted and whispered words get a capital, short ones stay."""
    words = " ".join(name.split()).split(" ")
    if name.isupper() or name.islower():
        words = [
            w if any(c.isdigit() for c in w) or (w.isupper() and len(w) <= _KEEPS_CASE) else w.capitalize()
            for w in words
        ]
        if name.islower():
            words = [w.upper() if len(w) <= 2 and not w.isdigit() else w[:1].upper() + w[1:] for w in words]
    return " ".join(words)


@dataclass(frozen=True)
class Title:
    """A title taken apart; what isn't sure is empty."""

    make: str = ""
    model: str = ""
    trim: str = ""
    year: int | None = None


_LEADING = re.compile(r"^(?:used|new|certified|pre-owned|certified pre-owned|the all-new|all-new|the new|the|gebraucht\w*|neu\w*|noul|noua|nouvelle|nouveau|nuova|nuovo|nuevo|nueva|nieuwe|nya|occasion|voiture|buy|second hand|for sale|2nd hand|annonce|coche|auto|car|approved|usata|usato|begagnad)\b[\s:,–-]*", re.IGNORECASE)  # fmt: skip
_YEAR = re.compile(r"(?<![\w.,])['’]?((?:19|20)\d\d)(?![\w€$£])(?!\s*(?:€|km|cc|ccm|eur|kr|lei|miles))")
_ENDS = re.compile(r"\s+[|–—•·»]\s+|\s+-\s+|,\s|\s*\||\s\(|:\s|\s+(?:in|near|at|for sale|te koop|till salu|til salg|til salgs|myydään|eladó|satılık|na prodej|na sprzedaż|à venda|продава|продам|de vânzare|zu verkaufen|à vendre|en venta|in vendita|gebraucht|occasion|kaufen|for €|für €|specs|specifications|price|prices|review|reviews|details|photos|images|mileage|features|car|technical|prezentare|caracteristici|datenblatt|technische daten|fiche technique|ficha|scheda)\b", re.IGNORECASE)  # fmt: skip


@lru_cache(maxsize=5_000)
def title(text: str) -> Title:
    """Make, model, trim and year of a title such as "2016 Porsche 718 Boxster S" or "BMW 320i Touring -
    74.983 km".

    A model is taken where it is known, or where it is all that stands behind the make.
    """
    said = " ".join(text.split())
    while match := _LEADING.match(said):
        said = said[match.end() :]
    years = {int(year) for year in _YEAR.findall(said) if 1900 <= int(year) <= latest()}
    words = said.split(" ")
    start, length, make = _make_in(words)
    if not make:
        return Title()
    rest = " ".join(words[start + length :])
    model, trim, complete = _model_in(make, rest)
    years -= {int(model)} if model.isdecimal() else set()  # a Peugeot 2008
    year = years.pop() if len(years) == 1 else None
    return Title(make, model, trim if complete else "", year)


def _make_in(words: list[str]) -> tuple[int, int, str]:
    """Where the make stands: at the start, behind a year, or as the first unmistakable name."""
    for start in range(min(len(words), 8)):
        for length in (3, 2, 1):
            key = squash(" ".join(words[start : start + length]))
            name = makes().get(key, "")
            if not name or start + length > len(words):
                continue
            ahead = [word for word in words[:start] if not _YEAR.fullmatch(word)]
            if ahead and (key in _everyday() or len(key) < 3):
                continue
            return start, length, name
    for start in range(min(len(words), 4)):
        for length in (2, 1):
            if name := _implied().get(squash(" ".join(words[start : start + length])), ""):
                return start, 0, name
    return 0, 0, ""


@cache
def _implied() -> dict[str, str]:
    """Key of a model that people name without its make → the make."""
    return {squash(model): make for model, make in read("makes")["implied"].items()}


def _model_in(make: str, rest: str) -> tuple[str, str, bool]:
    """Model, trim, and whether the trim is worth keeping."""
    rest = _YEAR.sub(" ", rest) if not _starts_with_known(make, rest) else rest
    whole = _whole_name(make, rest)
    head = whole + _ENDS.split(f" {rest[len(whole) :]}", maxsplit=1)[0].rstrip(" -–|,:")
    head = head.lstrip(" -–|,:")
    while make_of(head.split(" ")[0]) == make and head:
        head = head.partition(" ")[2]
    words = head.split()
    name, length = _known_prefix(make, words)
    for skipped in (1, 2):  # "BMW G20 3 Series": a code may stand before the name
        if name or len(words) <= skipped:
            break
        name, length = _known_prefix(make, words[skipped:])
        name, length = (name, length + skipped) if len(squash(name)) > 2 and not name.isdigit() else ("", 0)
    if name:
        name, length = _without_version(make, name, length)
        trim = re.sub(r"\[.*?\]", " ", _YEAR.sub(" ", " ".join(words[length:])))
        return name, " ".join(trim.split())[:80], True
    if 1 <= len(words) <= 2 and not models(make):
        return head, "", False
    if len(words) == 1 and re.fullmatch(r"[\w.+!#-]*\d[\w.+!#-]*", words[0]):
        return words[0], "", False  # "C40": a new model; a word alone may be a dealer's or a heading's
    return "", "", False


def _whole_name(make: str, rest: str) -> str:
    """A known model at the start that holds a word which else ends a title: a Lincoln Town Car."""
    words = rest.split(" ")
    length = _known_prefix(make, words)[1] if _ENDS.search(f" {' '.join(words[:5])}") else 0
    name = " ".join(words[:length])
    return name if length > 1 and re.fullmatch(r"[\w ]+", name) else ""


def _without_version(make: str, name: str, length: int) -> tuple[str, int]:
    """The model without the body or version in its name, and how many words it takes then."""
    for version in _versions().get(make, ()):
        model = name.removesuffix(f" {version}")
        if model != name and squash(model) in models(make):
            return model, length - len(version.split())
    return name, length


def _starts_with_known(make: str, rest: str) -> bool:
    return bool(_known_prefix(make, rest.split())[0])


def _known_prefix(make: str, words: list[str]) -> tuple[str, int]:
    """The longest known model at the start, and how many words it takes."""
    known = models(make)
    if make == "Mercedes-Benz" and (joined := _class_and_number(words)):
        return joined, 2
    for length in range(min(5, len(words)), 0, -1):
        if length > 1 and words[length : length + 1] and words[length].casefold() == "line":
            continue  # an i30 N Line is no i30 N
        if name := known.get(squash(" ".join(words[:length]))):
            return _spelt(name, " ".join(words[:length])), length
    if words and make == "BMW" and (match := re.fullmatch(r"(M?\d{3})(?:[a-zA-Z]{1,3})?", words[0])):
        return words[0] if match else "", 1
    if words and make == "Mercedes-Benz" and re.fullmatch(r"(?:[A-Z]{1,3})\d{2,3}|[A-Z]{1,3}", words[0]):
        return words[0], 1
    return "", 0


def _class_and_number(words: list[str]) -> str:
    """ "SLC 43", "E 220", "380 SL": a class of Mercedes-Benz and the number beside it are one name."""
    said = " ".join(words[:2])
    is_one = re.fullmatch(r"[A-Z]{1,3} \d{2,3}|[1-6]\d0 (?:SL|SE|SEL|SEC|SLC|CE|TE|TD|SD|E|D|C|GE|GD)", said)
    return said if is_one else ""


def _spelt(name: str, said: str) -> str:
    """A known name as the page spells it, where accents or hyphens differ and it neither shouts nor
    whispers.
    """
    differs = name.casefold() != said.casefold()
    return said if differs and not said.isupper() and not said.islower() else name


def split_model(make: str, said: str) -> tuple[str, str]:
    """The model and the trim in what a page calls the model: the make and a year repeated there are taken
    off.
    """
    text = " ".join(said.split())
    words = text.split(" ")
    whole = len(words)
    while len(words) > 1 and _YEAR.fullmatch(words[0]) and not _known_prefix(make, words)[0]:
        words = words[1:]
    for length in (3, 2, 1):
        if len(words) > length and makes().get(squash(" ".join(words[:length]))) == make:
            words = words[length:]
            break
    if len(words) > 1 and _YEAR.fullmatch(words[-1]):
        words = words[:-1]
    text = " ".join(words)
    if exact := models(make).get(squash(text)):
        return _spelt(exact, text), ""
    name, length = _known_prefix(make, words)
    if (
        name
        and len(words) > length
        and (len(words) < whole or len(words) > 2 or len(text) > 14 or re.match(r"\d[.,]\d", words[length]))
    ):
        return name, " ".join(words[length:])
    return tidy(text) if text.isupper() and len(text) > _KEEPS_CASE else text, ""


def nearest(said: str, known: Iterable[str], *, accept: float = ACCEPT, ask: float = ASK) -> Match:
    """The nearest known name. Digits have to agree: a 320 is no 330, however alike they look."""
    from rapidfuzz import fuzz

    mine, best = squash(said), Match("", 0.0, "none")
    for name in known:
        other = squash(name)
        score = 100.0 if mine == other else fuzz.ratio(mine, other)
        if re.findall(r"\d+", mine) != re.findall(r"\d+", other):
            score = min(score, ask - 1)
        if score > best.score:
            best = Match(name, score, "none")
    verdict: Literal["same", "ask", "none"] = (
        "same" if best.score >= accept else "ask" if best.score >= ask else "none"
    )
    return Match(best.name if verdict != "none" else "", best.score, verdict)
