"""Sheets as people save them: CSV of any program, in whatever encoding and with whatever separator; XLSX.

Pure Python, without Django. Reading ends at the first row that is one too many.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from core.text import squash

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",;\t|"
_SAMPLE = 4096
#: Columns and characters of a cell beyond which a file is no sheet of ours.
MOST_COLUMNS, LONGEST_CELL = 200, 100_000
#: So many empty rows in a row, and the rest of a workbook is empty.
_EMPTY_ROWS = 1000


class SheetUnreadable(ValueError):
    """What is wrong with a sheet and what to do, in words for people."""


def csv_rows(content: bytes, *, most: int) -> list[list[str]]:
    """The rows of a CSV file, the names of the columns first, all of the same length.

    `most` rows fit beside the names. Raises SheetUnreadable.
    """
    return list(_checked((row for _, row in _lines(content) if row), most))


def rows_of(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row as heading → cell, with the number of its line; headings are folded, empty rows left out.

    Raises SheetUnreadable.
    """
    headings: list[str] = []
    for line, cells in _lines(content):
        stripped = [cell.strip() for cell in cells]
        if not any(stripped):
            continue
        if not headings:
            headings = [squash(cell) for cell in stripped]
            continue
        padded = stripped + [""] * (len(headings) - len(stripped))
        yield line, dict(zip(headings, padded, strict=False))


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file with the number of the line that each ends in. Raises SheetUnreadable."""
    text, skipped = text_of(content), 0
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.rstrip("\r")) == len("sep=;"):
        separator, text, skipped = first[4], rest, 1  # Excel's own hint
    else:
        separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            yield reader.line_num + skipped, row
    except csv.Error:
        raise SheetUnreadable(
            "A cell of this file never ends, or is too long. Save the sheet once more, as CSV or XLSX."
        ) from None


def xlsx_rows(content: bytes, *, most: int) -> list[list[Any]]:
    """The same of the first sheet of an XLSX workbook; cells keep their types."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        sheet = book.active
        rows = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1) if sheet is not None else ()
        return list(_checked(_filled(rows), most))
    finally:
        book.close()


def text_of(content: bytes) -> str:
    """The text of a file: by its mark, else UTF-8, else what Windows writes. Raises SheetUnreadable."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "") or _unmarked(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        raise SheetUnreadable("This file can't be read as text. Save the sheet as CSV in UTF-8, or as XLSX.")
    return text.removeprefix("\ufeff")


def _unmarked(content: bytes) -> str:
    """The encoding of a file without a mark. UTF-16 has a zero in every second byte of Latin letters."""
    start = content[:_SAMPLE]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 4:
        return "utf-16-be" if even > odd else "utf-16-le"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _separator(text: str) -> str:
    """The separator that the first line has most of, outside of quotes."""
    line = next((line for line in text.split("\n", 20) if line.strip()), "")
    plain = "".join(line.split('"')[::2])
    return max(_SEPARATORS, key=plain.count)


def _filled(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """The rows of a workbook that hold something: programs write formatted ones down to the millionth."""
    empty = 0
    for row in rows:
        if any(cell not in (None, "") for cell in row):
            empty = 0
            yield list(row)
        elif (empty := empty + 1) > _EMPTY_ROWS:
            return


def _checked(rows: Iterator[list[Any]], most: int) -> Iterator[list[Any]]:
    """Rows with as many cells as there are names of columns. Raises SheetUnreadable."""
    names = [str(name if name is not None else "").strip() for name in next(rows, [])]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise SheetUnreadable("The sheet is empty.")
    if len(names) > MOST_COLUMNS:
        raise SheetUnreadable(f"The sheet has more than {MOST_COLUMNS} columns.")
    yield names
    for number, row in enumerate(rows, 1):
        if number > most:
            raise SheetUnreadable(
                f"The sheet has more than {most:,} rows; {most:,} fit at a time. "
                "Split it, with the column names at the top of each part."
            )
        if any(cell not in (None, "") for cell in row[len(names) :]):
            raise SheetUnreadable(
                f"Line {number + 1} has more cells than there are columns ({len(names)}). "
                "Put quotes around words that hold the separator."
            )
        if any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in row):
            raise SheetUnreadable(f"A cell of line {number + 1} has more than {LONGEST_CELL:,} characters.")
        yield [*row[: len(names)], *[""] * (len(names) - len(row))]


def number(text: str | float) -> float:
    """A figure as people write it: "9.4", and "9,4" where the comma can't group thousands.

    Raises ValueError, also for "1,585": that is one and a half here and a thousand there.
    """
    if isinstance(text, str):
        head, comma, digits = text.strip().partition(",")
        is_decimal = comma and (len(digits) != 3 or head.lstrip("-") == "0")
        text = f"{head}.{digits}" if is_decimal and digits.isdigit() else text
    return float(text)
