"""Names of makes and models: the lists of known ones, their aliases, casing and diacritics."""

from __future__ import annotations

import re
from functools import cache

from core.text import squash
from scraper.reading.vocabulary import read

_KEEPS_CASE = 4  # "GTI", "BMW": short capitals are names, longer ones shouting
_MOST_WORDS = 5  # of the longest known model
_SHORT_MODEL = 14  # characters: a longer "model" holds a trim
#: A year in a title or a model: no figure of anything else.
YEAR = re.compile(r"(?<![\w.,])['’]?((?:19|20)\d\d)(?![\w€$£])(?!\s*(?:€|km|cc|ccm|eur|kr|lei|miles))")


@cache
def makes() -> dict[str, str]:
    """Key of every spelling of a make → its canonical name."""
    table: dict[str, list[str]] = read("makes")["makes"]
    known = {squash(alias): name for name, aliases in table.items() for alias in aliases}
    return known | {squash(name): name for name in table}


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
    if name.isupper():
        words = [_calmed(word) for word in words]
    elif name.islower():
        words = [_raised(word) for word in words]
    return " ".join(words)


def _calmed(word: str) -> str:
    """A word of a name in capitals."""
    is_name = any(sign.isdigit() for sign in word) or (word.isupper() and len(word) <= _KEEPS_CASE)
    return word if is_name else word.capitalize()


def _raised(word: str) -> str:
    """A word of a name in lower case: "gt" and "i3" become "GT" and "I3"."""
    return word.upper() if len(word) <= 2 and not word.isdigit() else word[:1].upper() + word[1:]


# --- Models -------------------------------------------------------------------------------------------------
def known_prefix(make: str, words: list[str]) -> tuple[str, int]:
    """The longest known model at the start, and how many words it takes."""
    if make == "Mercedes-Benz" and (joined := _class_and_number(words)):
        return joined, 2
    return _listed_prefix(make, words) or _coded_prefix(make, words) or ("", 0)


def _listed_prefix(make: str, words: list[str]) -> tuple[str, int] | None:
    known = models(make)
    for length in range(min(_MOST_WORDS, len(words)), 0, -1):
        if length > 1 and words[length : length + 1] and words[length].casefold() == "line":
            continue  # an i30 N Line is no i30 N
        said = " ".join(words[:length])
        if name := known.get(squash(said)):
            return _spelt(name, said), length
    return None


def _coded_prefix(make: str, words: list[str]) -> tuple[str, int] | None:
    """A model by its maker's rule: 320d, M340i; C220, GLC."""
    patterns = {
        "BMW": r"(M?\d{3})(?:[a-zA-Z]{1,3})?",
        "Mercedes-Benz": r"(?:[A-Z]{1,3})\d{2,3}|[A-Z]{1,3}",
    }
    is_one = words and make in patterns and re.fullmatch(patterns[make], words[0])
    return (words[0], 1) if is_one else None


def _class_and_number(words: list[str]) -> str:
    """ "SLC 43", "E 220", "380 SL": a class of Mercedes-Benz and the number beside it are one name."""
    said = " ".join(words[:2])
    is_one = re.fullmatch(r"[A-Z]{1,3} \d{2,3}|[1-6]\d0 (?:SL|SE|SEL|SEC|SLC|CE|TE|TD|SD|E|D|C|GE|GD)", said)
    return said if is_one else ""


def _spelt(name: str, said: str) -> str:
    """A known name with the page's accents and hyphens, unless it is all in capitals or all in lower case."""
    differs = name.casefold() != said.casefold()
    return said if differs and not said.isupper() and not said.islower() else name


def split_model(make: str, said: str) -> tuple[str, str]:
    """Model and trim in what a page calls the model, without the make and a year repeated there."""
    whole = said.split() or [""]
    words = _without_year_at_the_end(_without_make(make, _without_years_ahead(make, whole)))
    text = " ".join(words)
    if exact := models(make).get(squash(text)):
        return _spelt(exact, text), ""
    name, length = known_prefix(make, words)
    if name and len(words) > length:
        is_shortened = len(words) < len(whole)
        is_long = len(words) > 2 or len(text) > _SHORT_MODEL
        if is_shortened or is_long or re.match(r"\d[.,]\d", words[length]):
            return name, " ".join(words[length:])
    return tidy(text) if text.isupper() and len(text) > _KEEPS_CASE else text, ""


def _without_years_ahead(make: str, words: list[str]) -> list[str]:
    while len(words) > 1 and YEAR.fullmatch(words[0]) and not known_prefix(make, words)[0]:
        words = words[1:]
    return words


def _without_make(make: str, words: list[str]) -> list[str]:
    for length in (3, 2, 1):
        if len(words) > length and makes().get(squash(" ".join(words[:length]))) == make:
            return words[length:]
    return words


def _without_year_at_the_end(words: list[str]) -> list[str]:
    return words[:-1] if len(words) > 1 and YEAR.fullmatch(words[-1]) else words
