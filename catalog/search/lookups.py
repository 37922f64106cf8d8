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

from catalog.search.words import typed_words
from core.text import fold, squash


def condition(query: str, *, broad: bool = False) -> Q:
    """What `search_text` has to meet; everything meets an empty query.

    `broad`: thousands of cars are known to meet it.
    """
    if not typed_words(query):
        return Q()
    return Q(search_text__broad_names=query) if broad else Q(search_text__names=query)


def relevance(query: str) -> Combinable:
    """How many words of the query are whole words of `search_text`: "mini" means the MINI first."""
    result: Combinable = Value(0)
    for word in typed_words(query):
        whole = Q(search_text__contains=f" {squash(word)} ")
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
        """A comparison of the text itself."""
        text, text_params = self.process_lhs(compiler, connection)
        params: list[str | int] = []

        def begins(word: str) -> str:
            params.extend([*text_params, f"% {word}%"])
            return f"{text} LIKE %s"

        return _joined(self.rhs, begins), tuple(params)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[str]]:
        """A look into the full-text table, whose row numbers are the keys of the cars."""
        alias = connection.ops.quote_name(self.lhs.alias)
        match = _joined(self.rhs, lambda word: f'"{word}"*')
        found = "SELECT rowid FROM catalog_variant_search WHERE catalog_variant_search MATCH %s"
        return f"{self.sqlite_key.format(alias)} IN ({found})", [match]


@TextField.register_lookup
class BroadNames(Names):
    """The same for words that match so many cars that SQLite reads an index faster than it looks each up."""

    lookup_name = "broad_names"
    sqlite_key = "+{}.id"  # a plus keeps SQLite from starting with these keys


def _joined(query: str, one: Callable[[str], str]) -> str:
    """The words of a query joined by AND and OR, for SQL and full-text queries. `one` writes one word."""
    written = []
    for typed in typed_words(query):
        words = fold(typed).split()
        apart = " AND ".join(one(word) for word in words)
        written.append(f"(({apart}) OR {one(''.join(words))})" if len(words) > 1 else apart)
    return " AND ".join(written)
