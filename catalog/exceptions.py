"""Expected errors of the catalogue."""

from __future__ import annotations

from core.errors import ExpectedError


class CatalogError(ExpectedError):
    """Base of all expected errors of the catalogue."""

    code = "catalog_error"


class SeedError(CatalogError):
    """The seed or the tables it is built from are missing or don't fit together."""

    code = "seed_error"
    status = 500


class MergeRefused(CatalogError):
    """Two entries can't be made one, or not two again; nothing was changed."""

    code = "merge_refused"
    status = 409
