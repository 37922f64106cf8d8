"""How the database is asked for the words of a query.

The database has an index of these words (`catalog.search.index`), as reading the texts of all cars takes too
long.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, IntegerField, Lookup, Q, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler

from catalog.search.words import terms, typed_words

#: What PostgreSQL's index is of; to be completed by what the columns belong to.
INDEXED_TEXT = "{0}search_text || {0}fact_words"


def condition(query: str, *, broad: bool = False) -> Q:
    """What a car has to meet. Everything meets an empty query; nothing meets one that has no word.

    `broad`: thousands of cars are known to meet it.
    """
    if not query.strip():
        return Q()
    if not typed_words(query):
        return Q(pk__in=())
    return Q(search_text__broad_names=query) if broad else Q(search_text__names=query)


def relevance(query: str) -> Combinable:
    """How many words of the query are whole words of `search_text`: "mini" means the MINI first."""
    result: Combinable = Value(0)
    for term in terms(query):
        whole = Q()
        for way in term.ways:
            whole |= Q(search_text__contains=f" {''.join(way)} ")
        result = result + Case(When(whole, then=1), default=0, output_field=IntegerField())
    return result


@TextField.register_lookup
class Names(Lookup):
    """Whether each word of a query begins a word of the text; "f-150" may be one word there, or two.

    SQLite looks the words up in its full-text table; what is compared here, PostgreSQL finds by its trigram
    index.
    """

    lookup_name = "names"
    sqlite_key = "{}.id"

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        """A comparison of the text itself, and of the words for facts that stand beside it."""
        text = f"({INDEXED_TEXT.format(compiler.quote_name_unless_alias(self.lhs.alias) + '.')})"
        params: list[str | int] = []

        def has(words: str) -> str:
            params.append(f"% {words}%")
            return f"{text} LIKE %s"

        return _joined(self.rhs, has, lambda fact: has(f"{fact} ")), tuple(params)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[str]]:
        """A look into the full-text table, whose row numbers are the keys of the cars."""
        alias = compiler.quote_name_unless_alias(self.lhs.alias)
        match = _joined(self.rhs, lambda word: f'"{word}"*', lambda fact: f'"{fact}"')
        found = "SELECT rowid FROM catalog_variant_search WHERE catalog_variant_search MATCH %s"
        return f"{self.sqlite_key.format(alias)} IN ({found})", [match]


@TextField.register_lookup
class BroadNames(Names):
    """The same for words that match so many cars that SQLite reads an index faster than it looks each up."""

    lookup_name = "broad_names"
    sqlite_key = "+{}.id"  # a plus keeps SQLite from starting with these keys


def _joined(query: str, begins: Callable[[str], str], has: Callable[[str], str]) -> str:
    """The terms of a query joined by AND and OR, for SQL and full-text queries.

    `begins` writes that a word of the text begins so, `has` that a fact is among them.
    """
    written = []
    for term in terms(query):
        ways = [" AND ".join(begins(word) for word in way) for way in term.ways]
        ways += [has(term.fact)] if term.fact else []
        written.append(ways[0] if len(ways) == 1 else "(" + " OR ".join(f"({way})" for way in ways) + ")")
    return " AND ".join(written)
