"""The text of a page's bytes, as browsers read them."""

from __future__ import annotations

import codecs
import re

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_\-]+)", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_READ_AS_CP1252 = ("iso-8859-1", "latin1", "latin-1", "us-ascii")
_HEAD_BYTES = 4096


def decode(content: bytes) -> str:
    """The text of a page.

    Bytes that are valid UTF-8 are UTF-8, whatever the page declares; else the declaration counts.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace").lstrip("\ufeff")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":  # cut off inside a character
            return content[: error.start].decode("utf-8")
    try:
        return content.decode(_declared(content), "replace")
    except LookupError:
        return content.decode("cp1252", "replace")


def _declared(content: bytes) -> str:
    """The encoding that a page declares, where it can be meant."""
    declared = _META_CHARSET.search(content[:_HEAD_BYTES])
    name = declared[1].decode("ascii").lower() if declared else "cp1252"
    claims_utf8 = name in ("utf-8", "utf8")
    return "cp1252" if name in _READ_AS_CP1252 or (claims_utf8 and not _is_mostly_utf8(content)) else name


def _is_mostly_utf8(content: bytes) -> bool:
    """Whether most bytes beyond ASCII are valid UTF-8.

    That tells a page with one bad byte from a page in another encoding.
    """
    text = content.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - bad > bad
