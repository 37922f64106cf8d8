"""The database's own index of the words that cars are found by.

SQLite has a full-text table beside the cars, which triggers keep up to date; PostgreSQL has an index of the
trigrams of `search_text`. Both are made after every `migrate` where they are missing, not by a migration:
SQLite drops the triggers of a table whenever a later migration rebuilds it.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from catalog.search.lookups import INDEXED_TEXT

logger = logging.getLogger(__name__)

# Beginnings of one and two letters have an index of their own: so many words have them in common.
_TABLE = """
    CREATE VIRTUAL TABLE catalog_variant_search USING fts5(
        search_text, fact_words, content='catalog_variant', content_rowid='id',
        tokenize='ascii', detail='none', prefix='1 2'
    )"""
# A full-text table without a text of its own has to be told what it had.
_TRIGGERS = {
    "catalog_variant_search_insert": """
        AFTER INSERT ON catalog_variant BEGIN
            INSERT INTO catalog_variant_search(rowid, search_text, fact_words)
                VALUES (new.id, new.search_text, new.fact_words);
        END""",
    "catalog_variant_search_delete": """
        AFTER DELETE ON catalog_variant BEGIN
            INSERT INTO catalog_variant_search(catalog_variant_search, rowid, search_text, fact_words)
                VALUES ('delete', old.id, old.search_text, old.fact_words);
        END""",
    "catalog_variant_search_update": """
        AFTER UPDATE OF search_text, fact_words ON catalog_variant
        WHEN old.search_text <> new.search_text OR old.fact_words <> new.fact_words BEGIN
            INSERT INTO catalog_variant_search(catalog_variant_search, rowid, search_text, fact_words)
                VALUES ('delete', old.id, old.search_text, old.fact_words);
            INSERT INTO catalog_variant_search(rowid, search_text, fact_words)
                VALUES (new.id, new.search_text, new.fact_words);
        END""",
}
_REBUILD = "INSERT INTO catalog_variant_search(catalog_variant_search) VALUES ('rebuild')"
_TRIGRAMS = f"""
    CREATE INDEX IF NOT EXISTS catalog_variant_words
        ON catalog_variant USING gin (({INDEXED_TEXT.format("")}) gin_trgm_ops)"""


def ensure(*, using: str, **_: object) -> None:
    """Makes what is missing. Receives `post_migrate`."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if "catalog_variant" not in connection.introspection.table_names(cursor):
            return
        columns = connection.introspection.get_table_description(cursor, "catalog_variant")
    if "fact_words" not in {column.name for column in columns}:
        return  # somebody has migrated backwards
    if connection.vendor == "sqlite":
        _full_text_table(connection)
    elif connection.vendor == "postgresql":
        _trigram_index(connection)


def _full_text_table(connection: BaseDatabaseWrapper) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        if {row[0] for row in cursor.fetchall()}.issuperset(_TRIGGERS):
            return
        # It may be one with other columns, and has to be filled anew anyway.
        cursor.execute("DROP TABLE IF EXISTS catalog_variant_search")
        cursor.execute(_TABLE)
        for name, trigger in _TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {trigger}")
        cursor.execute(_REBUILD)


def _trigram_index(connection: BaseDatabaseWrapper) -> None:
    """A database may not have or allow the extension: then search reads all texts, which is slower."""
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(_TRIGRAMS)
            cursor.execute("DROP INDEX IF EXISTS catalog_variant_search")  # of the names alone
    except DatabaseError as error:
        logger.warning("Search has no index: the database refuses pg_trgm (%s).", str(error).strip())
