"""Files that staff bring in: the formats of import-export, read by `core.sheets`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tablib
from import_export.formats.base_formats import CSV, XLSX

from core.sheets import csv_rows, xlsx_rows
from scraper.staging.sheets import MOST_ROWS_IN


class AnyCSV(CSV):  # type: ignore[misc]  # the library has no types
    """CSV of any spreadsheet program. It is handed over as bytes: only they tell what encoding it has."""

    def is_binary(self) -> bool:
        """Whether the file is kept as it came."""
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        """Raises SheetUnreadable in words for staff."""
        return _dataset(csv_rows(in_stream, most=MOST_ROWS_IN))

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        """UTF-8."""
        return str(super().export_data(dataset, **kwargs)).encode()


class BoundedXLSX(XLSX):  # type: ignore[misc]  # the library has no types
    """XLSX, of which no more is read than can be brought in."""

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """Raises SheetUnreadable in words for staff."""
        return _dataset(xlsx_rows(in_stream, most=MOST_ROWS_IN))


def _dataset(rows: Sequence[Sequence[object]]) -> tablib.Dataset:
    return tablib.Dataset(*rows[1:], headers=rows[0])
