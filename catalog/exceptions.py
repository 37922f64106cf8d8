"""Expected errors of the catalogue: a stable `code`, an HTTP status and a message for people."""

from __future__ import annotations


class CatalogError(Exception):
    """Base of all expected errors of the catalogue."""

    code = "catalog_error"
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SeedError(CatalogError):
    """The seed or the tables it is built from are missing or don't fit together."""

    code = "seed_error"
    status = 500


class MergeRefused(CatalogError):
    """Two entries can't be made one, or not two again; nothing was changed."""

    code = "merge_refused"
    status = 409
