"""Databases for tests: files of SQLite that are copied, databases of PostgreSQL that are cloned.

Tests run on SQLite, or on what `DATABASE_URL` names (its owner has to be allowed to make databases). Either
way each worker process has an empty database of its own, and in it a schema `seed` whose tables hold the
committed catalogue.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import ConnectionHandler, connections, models
from environs import Env

SEEDED = ("catalog", "dealers")


def is_postgres() -> bool:
    """Whether the tests run on PostgreSQL."""
    return connections["default"].vendor == "postgresql"


@contextlib.contextmanager
def database_at(url: str) -> Iterator[None]:
    """Django's default connection of this thread is to the database of that address meanwhile."""
    own = connections["default"]
    elsewhere = ConnectionHandler({"default": Env().dj_db_url("-", url)})
    connections["default"] = elsewhere["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = own


def seed_tables() -> Iterator[tuple[str, str]]:
    """Tables of the committed catalogue, with their columns, as SQL names them."""
    for app in SEEDED:
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            if not _refers_to_people(model):
                fields = model._meta.local_concrete_fields
                yield f'"{model._meta.db_table}"', ", ".join(f'"{field.column}"' for field in fields)


def _refers_to_people(model: type[models.Model]) -> bool:
    """Such as who works where: people are not copied."""
    foreign = (field.related_model for field in model._meta.local_concrete_fields if field.is_relation)
    return any(other._meta.app_label not in SEEDED for other in foreign)  # type: ignore[union-attr]


def copy_seed(apps: Iterable[str]) -> None:
    """Copy all rows of these apps from the schema `seed`, in the test's own transaction."""
    prefixes = tuple(f'"{app}_' for app in apps)
    with connections["default"].cursor() as cursor:
        for table, columns in seed_tables():
            if table.startswith(prefixes):
                cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM seed.{table}")


def attach_seed(source: Path) -> None:
    """Make a SQLite file the schema `seed` of the current connection.

    Read only, as `BEGIN IMMEDIATE` takes the lock of every attached file that could be written: worker
    processes, which all attach this one, would wait for each other's tests.
    """
    with connections["default"].cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        if "seed" not in {row[1] for row in cursor.fetchall()}:
            cursor.execute("ATTACH DATABASE %s AS seed", [f"{source.as_uri()}?mode=ro"])


# --- PostgreSQL ---------------------------------------------------------------------------------------------
def make_template(name: str) -> None:
    """A database with all migrations applied and the schema `seed`; one of that name that is there is
    replaced.
    """
    connection = connections["default"]
    remove_database(name)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    use_database(name)
    call_command("migrate", verbosity=0)
    call_command("load_catalog", verbosity=0)
    call_command("load_dealers", demo=True, verbosity=0)
    tables = [table for table, _ in seed_tables()]
    with connection.cursor() as cursor:
        # django-rest-knox makes a table that ours replaces, and Django's flush knows nothing of it.
        cursor.execute("DROP TABLE knox_authtoken")
        cursor.execute("CREATE SCHEMA seed")
        for table in tables:
            cursor.execute(f"CREATE TABLE seed.{table} AS TABLE {table}")
        # Sequences go on where they are: what a test makes never meets the keys of copied rows.
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    connection.close()


def clone_database(template: str, name: str) -> None:
    """Make a copy of a database and use it."""
    remove_database(name)
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    use_database(name)


def remove_database(name: str) -> None:
    """Remove a database that nobody needs any more."""
    connections["default"].close()
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def use_database(name: str) -> None:
    """Point Django at another database of the same server, or at another file."""
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = name
