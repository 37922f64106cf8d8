"""Finding cars by what people type: words in any order, other names, joined or split words, and slips of the finger.

A variant's `search_text` holds all words it can be found by. A query fits when each of its words begins a word of
that text. Only where nothing fits, words that no car knows are replaced by the nearest that one does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable

if TYPE_CHECKING:
    from catalog.models import Variant

MAX_WORDS = 8
SIMILAR = 74  # percent of letters in common, in order: "toyta" and "toyota" have 91, "audi" and "ford" 25

SYNONYMS = {
    "convertible": "cabrio cabriolet roadster spider spyder",
    "coupe": "coupé",
    "hatchback": "hatch",
    "minivan": "mpv people carrier",
    "pickup": "pick-up truck ute",
    "sedan": "saloon",
    "suv": "4x4 crossover offroader",
    "van": "transporter",
    "wagon": "estate kombi touring avant",
}


def normalise(text: str) -> str:
    """Lower case, without accents; anything but letters and digits is a space."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        re.findall(r"[a-z0-9]+", "".join(char for char in plain if not unicodedata.combining(char)))
    )


def search_text(variant: Variant) -> str:
    """All words that a variant can be found by, each with a space before it."""
    make, model = variant.model.make, variant.model
    names = [make.name, *make.aliases, model.name, variant.trim, variant.body_detail]
    joined = [*names, *(f"{make_name} {model.name}" for make_name in (make.name, *make.aliases))]
    body = variant.body_style if variant.body_style in SYNONYMS else ""
    words = normalise(" ".join([*names, body, SYNONYMS.get(body, ""), str(variant.year or "")])).split()
    words += [normalise(name).replace(" ", "") for name in joined]  # "F-150" is also "f150"
    return " " + " ".join(dict.fromkeys(word for word in words if word)) + " "


def condition(query: str) -> Q:
    """What `search_text` has to meet; everything meets an empty query."""
    result = Q()
    for word in _typed(query):
        parts = Q()
        for part in normalise(word).split():
            parts &= Q(search_text__contains=f" {part}")
        result &= parts | Q(search_text__contains=f" {normalise(word).replace(' ', '')}")
    return result


def relevance(query: str) -> Combinable:
    """How many words of the query are whole words of `search_text`: "mini" means the MINI before any minivan."""
    result: Combinable = Value(0)
    for word in _typed(query):
        whole = Q(search_text__contains=f" {normalise(word).replace(' ', '')} ")
        result = result + Case(When(whole, then=1), default=0, output_field=IntegerField())
    return result


def corrected(query: str, known: Iterable[str]) -> str | None:
    """The query with words that are not `known` replaced by the most similar that are; None where that changes nothing.

    `known` are names, such as "Land Rover"; their single words count, and the names written as one word.
    """
    from rapidfuzz import fuzz, process

    words = _vocabulary(known)
    result = []
    for typed in _typed(query):
        word = normalise(typed).replace(" ", "")
        if len(word) > 2 and not word.isdigit() and not any(name.startswith(word) for name in words):
            nearest = process.extractOne(word, words.keys(), scorer=fuzz.ratio, score_cutoff=SIMILAR)
            result.append(words[nearest[0]] if nearest else typed)
        else:
            result.append(typed)
    return " ".join(result) if result != list(_typed(query)) else None


def nearest_names(query: str, names: Iterable[str], limit: int = 5) -> list[str]:
    """Names that look most like the query, for when nothing is found."""
    from rapidfuzz import fuzz, process

    found = process.extract(
        query, names, scorer=fuzz.ratio, processor=normalise, limit=limit, score_cutoff=55
    )
    return [name for name, _, _ in found]


def _typed(query: str) -> Iterator[str]:
    """Words as they were typed; those of signs alone don't count."""
    return (word for word in query.split()[:MAX_WORDS] if normalise(word))


def _vocabulary(known: Iterable[str]) -> dict[str, str]:
    words: dict[str, str] = {}
    for name in (*known, *SYNONYMS, *SYNONYMS.values()):
        plain = normalise(name)
        words |= {word: word for word in plain.split() if len(word) > 2}
        words.setdefault(plain.replace(" ", ""), plain)
    return words
