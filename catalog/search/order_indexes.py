"""The database's indexes for orders in which cars without a figure come last.

Django has no index that fits both databases: PostgreSQL needs NULLS LAST said, which SQLite has by itself and
refuses to be told. They are made after every `migrate` where they are missing, as SQLite drops them whenever
a migration rebuilds the table.
"""

from __future__ import annotations

from django.db import connections

# What a page is found by is all in the index, so that no car is read that is not shown.
_INDEX = "CREATE INDEX IF NOT EXISTS {name} ON catalog_variant ({columns}, sort_key, is_published)"
#: Of `querysets._ORDERS`, but for those that an index of the model fits.
_COLUMNS = {
    "catalog_variant_newest": "year DESC{nulls_last}",
    "catalog_variant_by_power": "power DESC{nulls_last}",
    "catalog_variant_by_consumption": "consumption",
    "catalog_variant_by_price": "currency DESC, price",
}
_NULLS_LAST = {"postgresql": " NULLS LAST", "sqlite": ""}


def ensure(*, using: str, **_: object) -> None:
    """Makes what is missing. Receives `post_migrate`."""
    connection = connections[using]
    said = _NULLS_LAST.get(connection.vendor)
    if said is None or "catalog_variant" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for name, columns in _COLUMNS.items():
            cursor.execute(_INDEX.format(name=name, columns=columns.format(nulls_last=said)))
