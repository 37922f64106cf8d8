"""The text of a page before it is parsed: without what libxml2 takes endlessly long for."""

from __future__ import annotations

import re

# A start tag as HTML's tokeniser sees it: a quote opens a value only behind an equals sign.
_VALUE = r"""=\s*+(?:"[^"]*+"|'[^']*+'|)"""
_LONG_TAG = re.compile(rf"<([a-zA-Z][^\s/>]{{0,60}}+)(?=[^>]{{1000}})(?:[^>=]++|{_VALUE})*+>?")
_ATTRIBUTE = re.compile(rf"[^\s=/>]++(?:\s*+{_VALUE}[^\s>]*+)?")
#: More attributes than any element of a page has. The parser compares each with all before it.
MOST_ATTRIBUTES = 200


def with_short_tags(text: str) -> str:
    """The page without the attributes of elements that have more than `MOST_ATTRIBUTES`."""
    return _LONG_TAG.sub(_shortened, text)


def _shortened(tag: re.Match[str]) -> str:
    attributes = _ATTRIBUTE.finditer(tag[0], len(tag[1]) + 1)
    is_many = next((True for number, _ in enumerate(attributes) if number >= MOST_ATTRIBUTES), False)
    return f"<{tag[1]}>" if is_many else tag[0]
