"""Finding cars by what people type: words in any order, other names, joined or split words, and slips of the finger.

A variant's `search_text` holds all words it can be found by. A query fits when each of its words begins a word of
that text. Only where nothing fits, words that no car knows are replaced by the nearest that one does.

The database has an index of these words (`catalog.search.index`), as reading the texts of all cars takes too long.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Case, IntegerField, Lookup, Q, TextField, Value, When
from django.db.models.expressions import Combinable

if TYPE_CHECKING:
    from catalog.models import Variant

MAX_WORDS = 12
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


def sort_key(variant: Variant) -> str:
    """What cars are in order by: make, model, newest first, and those of all years last.

    Plain words, so that every database sorts them alike; two spaces end a name: "Land X" comes before "Land Rover X".
    """
    make, model = variant.model.make, variant.model
    names = [normalise(name) or slug for name, slug in ((make.name, make.slug), (model.name, model.slug))]
    return "  ".join([*names, str(9999 - (variant.year or 0)), variant.slug.replace("-", " ")])


def condition(query: str, *, broad: bool = False) -> Q:
    """What `search_text` has to meet; everything meets an empty query. `broad`: thousands of cars are known to meet it."""
    if not any(_typed(query)):
        return Q()
    return Q(search_text__broad_names=query) if broad else Q(search_text__names=query)


@TextField.register_lookup
class Names(Lookup):
    """Whether each word of a query begins a word of the text; "f-150" may be one word there, or two.

    SQLite looks the words up in its full-text table; what is compared here, PostgreSQL finds by its trigram index.
    """

    lookup_name = "names"
    sqlite_key = "{}.id"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """A comparison of the text itself."""
        text, text_params = self.process_lhs(compiler, connection)
        params: list[Any] = []

        def begins(word: str) -> str:
            params.extend([*text_params, f"% {word}%"])
            return f"{text} LIKE %s"

        return _joined(self.rhs, begins), tuple(params)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """A look into the full-text table, whose row numbers are the keys of the cars."""
        alias = connection.ops.quote_name(self.lhs.alias)
        match = _joined(self.rhs, lambda word: f'"{word}"*')
        found = "SELECT rowid FROM catalog_variant_search WHERE catalog_variant_search MATCH %s"
        return f"{self.sqlite_key.format(alias)} IN ({found})", [match]


@TextField.register_lookup
class BroadNames(Names):
    """The same where that holds for so many that SQLite had better read an index along than look each of them up."""

    lookup_name = "broad_names"
    sqlite_key = "+{}.id"  # a plus keeps SQLite from starting with these keys


def _joined(query: str, one: Callable[[str], str]) -> str:
    """The words of a query with AND and OR, as SQL and full-text queries both have them. `one` writes one word."""
    written = []
    for typed in _typed(query):
        words = normalise(typed).split()
        apart = " AND ".join(one(word) for word in words)
        written.append(f"(({apart}) OR {one(''.join(words))})" if len(words) > 1 else apart)
    return " AND ".join(written)


def relevance(query: str) -> Combinable:
    """How many words of the query are whole words of `search_text`: "mini" means the MINI before any minivan."""
    result: Combinable = Value(0)
    for word in _typed(query):
        whole = Q(search_text__contains=f" {normalise(word).replace(' ', '')} ")
        result = result + Case(When(whole, then=1), default=0, output_field=IntegerField())
    return result


def corrected(query: str, known: Iterable[str]) -> str | None:
    """The query with words that are not `known` replaced by the most similar that are; None where that changes nothing.

    `known` are normalised names, such as "land rover"; their single words count, and the names written as one word.
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


def nearest_names(query: str, names: Mapping[str, str], limit: int = 5) -> list[str]:
    """Names that look most like the query, for when nothing is found; `names` with how each is normalised."""
    from rapidfuzz import fuzz, process

    found = process.extract(normalise(query), names, scorer=fuzz.ratio, limit=limit, score_cutoff=55)
    return [name for _, _, name in found]


def _typed(query: str) -> Iterator[str]:
    """Words as they were typed; those of signs alone don't count."""
    return (word for word in query.split()[:MAX_WORDS] if normalise(word))


def _vocabulary(known: Iterable[str]) -> dict[str, str]:
    words: dict[str, str] = {}
    for name in (*known, *map(normalise, (*SYNONYMS, *SYNONYMS.values()))):
        words.update((word, word) for word in name.split() if len(word) > 2)
        words.setdefault(name.replace(" ", ""), name)
    return words
