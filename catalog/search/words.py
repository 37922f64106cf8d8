"""Finding cars by what people type: words in any order, aliases, joined or split words, and typing errors.

A variant's `search_text` holds all words it can be found by. A query fits when each of its words begins a
word of that text. Only where nothing fits, words that no car knows are replaced by the nearest that one does.

Everything here is a function of plain texts; `catalog.search.lookups` asks the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from catalog.choices import FactWord
from catalog.search import other_names, sounds
from core.text import fold, squash

MAX_WORDS = 12
#: Percent of letters in common, in order: "toyta" and "toyota" have 91, "audi" and "ford" 25.
SIMILAR = 74
#: The same for whole names that are offered where nothing is found.
SIMILAR_NAMES = 55
LONGEST_IN_A_SORT_KEY = 80, 120  # a make's name, a model's
#: Where nothing fits, these say nothing about the car.
_FILLERS = frozenset(
    [
        *(
            "automobile",
            "automobiles",
            "car",
            "cars",
            "vehicle",
            "vehicles",
            "used",
            "new",
            "cheap",
            "cheapest",
        ),
        *("price", "drive", "engine", "fuel", "gearbox", "motor", "transmission", "with"),
    ]
)

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


#: A folded word, and the typed one that it is of, with the number of that.
_Word = tuple[str, tuple[int, str]]


@dataclass(frozen=True)
class Term:
    """A part of a query. It fits a car whose text has all words of one of its `ways`, or which has its
    `fact`."""

    ways: tuple[tuple[str, ...], ...]
    fact: FactWord | None = None


def terms(query: str) -> list[Term]:
    """What the words of a query mean; those of signs alone mean nothing.

    "f-150" may be one word of a car's text, or two; "丰田" is Toyota there, "all wheel drive" is a fact.
    """
    typed = [(word, said) for said in enumerate(typed_words(query)) for word in fold(said[1]).split()]
    longest = other_names.longest()
    found: list[Term] = []
    rest: list[_Word] = []
    start = 0
    while start < len(typed):
        tries = (typed[start : start + size] for size in range(longest, 0, -1))
        phrase, meaning = next(((some, meant) for some in tries if (meant := _meaning(some))), ([], None))
        if meaning is None:
            rest.append(typed[start])
            start += 1
            continue
        found += _plain_terms(rest)
        rest, said = [], tuple(word for word, _ in phrase)
        ways = (said, ("".join(said),), meaning.name)
        found.append(Term(tuple(dict.fromkeys(filter(None, ways))), meaning.fact))
        start += len(said)
    return [*found, *_plain_terms(rest)]


def _meaning(phrase: Sequence[_Word]) -> other_names.Meaning | None:
    """What words that follow each other stand for, if anything."""
    is_plain = all(said.isascii() for _, (_, said) in phrase)
    return other_names.meanings(is_plain=is_plain).get(" ".join(word for word, _ in phrase))


def _plain_terms(typed: Iterable[_Word]) -> Iterator[Term]:
    for _, group in groupby(typed, key=lambda pair: pair[1]):
        words = tuple(word for word, _ in group)
        yield Term((words, ("".join(words),)) if len(words) > 1 else (words,))


def typed_words(query: str) -> list[str]:
    """The words of a query as they were typed, as many as count; those of signs alone are none."""
    return [word for word in query.split()[:MAX_WORDS] if fold(word)]


def corrected(query: str, known: Iterable[str]) -> str | None:
    """The query with unknown words replaced by the most similar known ones; None where that changes nothing.

    `known` are folded names, such as "land rover"; their single words count, and the names written as one
    word. Words of other scripts are compared by their sound as well; words such as "cars" are left out.
    """
    words = _vocabulary(known)
    typed = typed_words(query)
    meant = [said for said in typed if fold(said) not in _FILLERS]
    result = [_nearest(said, words) for said in meant or typed]
    return " ".join(result) if result != typed else None


def _nearest(said: str, words: Mapping[str, str]) -> str:
    """The known word for a typed one; the same where it is known, means something else, or none is near."""
    from rapidfuzz import fuzz, process

    word = squash(said)
    is_plain = said.isascii()
    if any(term.fact or len(term.ways) > 2 for term in terms(said)):
        return said
    if len(word) < 3 or word.isdigit() or any(name.startswith(word) for name in words):
        return said
    for spelling in (word,) if is_plain else (sounds.spoken(said), word):
        if nearest := process.extractOne(spelling, words.keys(), scorer=fuzz.ratio, score_cutoff=SIMILAR):
            return words[nearest[0]]
    alike = None if is_plain else sounds.alike(said, words.keys())
    return words[alike] if alike else said


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
