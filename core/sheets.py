"""Tables that people saved as CSV: in the encoding and with the separator of whatever program they used."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from core.text import squash

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",;\t|"


def text_of(content: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, or what Windows takes for Western languages."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def separator_of(text: str) -> str:
    """What parts the columns: the sign most often in the heading, outside quotes; a comma if none is."""
    heading = text.lstrip("\r\n").partition("\n")[0]
    outside = "".join(heading.split('"')[::2])
    return max(_SEPARATORS, key=outside.count)


def rows_of(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row as heading → cell, with the number of its line; headings are folded, empty rows left out.

    A first line `sep=;`, which Excel writes, says what parts the columns.
    """
    text = text_of(content)
    separator, skipped = separator_of(text), 0
    if text[:4].lower() == "sep=":
        first, _, text = text.partition("\n")
        separator, skipped = first[4:5] or separator, 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    headings: list[str] = []
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if not any(stripped):
            continue
        if not headings:
            headings = [squash(cell) for cell in stripped]
            continue
        padded = stripped + [""] * (len(headings) - len(stripped))
        yield reader.line_num + skipped, dict(zip(headings, padded, strict=False))
