"""Finding cars by what people type: words in any order, aliases, joined or split words, and typing errors.

A variant's `search_text` holds all words it can be found by. A query fits when each of its words begins a
word of that text. Only where nothing fits, words that no car knows are replaced by the nearest that one does.

Everything here is a function of plain texts; `catalog.search.lookups` asks the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.text import fold, squash

MAX_WORDS = 12
#: Percent of letters in common, in order: "toyta" and "toyota" have 91, "audi" and "ford" 25.
SIMILAR = 74
#: The same for whole names that are offered where nothing is found.
SIMILAR_NAMES = 55
LONGEST_IN_A_SORT_KEY = 80, 120  # a make's name, a model's

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


def search_text(
    *,
    make: str,
    aliases: Sequence[str],
    model: str,
    year: int | None,
    body_style: str,
    details: Sequence[str] = (),
) -> str:
    """All words that a car can be found by, each after a space. `details` are its trim and finer body."""
    names = [make, *aliases, model, *details]
    joined = [*names, *(f"{make_name} {model}" for make_name in (make, *aliases))]
    body = body_style if body_style in SYNONYMS else ""
    words = fold(" ".join([*names, body, SYNONYMS.get(body, ""), str(year or "")])).split()
    words += [squash(name) for name in joined]  # "F-150" is also "f150"
    return " " + " ".join(dict.fromkeys(word for word in words if word)) + " "


def sort_key(*, make: str, model: str, year: int | None, slug: str) -> str:
    """What cars are in order by: make, model, newest first, and those of all years last.

    Plain words, so that every database sorts them alike; two spaces end a name: "Land X" comes before "Land
    Rover X".
    """
    of_make, of_model = LONGEST_IN_A_SORT_KEY
    names = [fold(make)[:of_make], fold(model)[:of_model]]
    return "  ".join([*names, str(9999 - (year or 0)), slug.replace("-", " ")])


def typed_words(query: str) -> list[str]:
    """The words of a query as they were typed, as many as count; those of signs alone are none."""
    return [word for word in query.split()[:MAX_WORDS] if fold(word)]


def corrected(query: str, known: Iterable[str]) -> str | None:
    """The query with unknown words replaced by the most similar known ones; None where that changes nothing.

    `known` are folded names, such as "land rover"; their single words count, and the names written as one
    word.
    """
    from rapidfuzz import fuzz, process

    words = _vocabulary(known)
    typed = typed_words(query)
    result = []
    for said in typed:
        word = squash(said)
        if len(word) > 2 and not word.isdigit() and not any(name.startswith(word) for name in words):
            nearest = process.extractOne(word, words.keys(), scorer=fuzz.ratio, score_cutoff=SIMILAR)
            result.append(words[nearest[0]] if nearest else said)
        else:
            result.append(said)
    return " ".join(result) if result != typed else None


def nearest_names(query: str, names: Mapping[str, str], limit: int = 5) -> list[str]:
    """Names that look most like the query, for when nothing is found; `names` with how each is folded."""
    from rapidfuzz import fuzz, process

    found = process.extract(fold(query), names, scorer=fuzz.ratio, limit=limit, score_cutoff=SIMILAR_NAMES)
    return [name for _, _, name in found]


def _vocabulary(known: Iterable[str]) -> dict[str, str]:
    """Every word of the names, and each name written as one word, with what stands for it in a query."""
    words: dict[str, str] = {}
    for name in (*known, *map(fold, (*SYNONYMS, *SYNONYMS.values()))):
        words.update((word, word) for word in name.split() if len(word) > 2)
        words.setdefault(name.replace(" ", ""), name)
    return words
