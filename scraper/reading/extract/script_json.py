"""The JSON values that a page carries for its own scripts.

`__NEXT_DATA__`, `__INITIAL_STATE__`, `__NUXT__`, JSON scripts, streamed state, attributes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from scraper.reading.extract.page import Page, Script
from scraper.reading.extract.state_names import STATE_VARIABLES
from scraper.reading.json_values import JsonValue

# The value first and the name before it after that: minified scripts are all names.
_ASSIGNED = re.compile(r"=\s*(?:JSON\.parse\(\s*)?(?P<start>[{\[\"'])")
_NAME = re.compile(r"(?P<name>[\w$]{1,40})(?:[\"']\s*\])?\s*$")
_LONGEST_NAME = 50  # characters before a value in which its name is looked for
_PUSHED = re.compile(r"\bdataLayer\.push\(\s*(?P<start>\{)")
_STREAMED = re.compile(r"""__next_f\.push\(\s*\[\s*1\s*,\s*("(?:\\.|[^"\\])*")""")
_ATTRIBUTES = etree.XPath("//@*[string-length() > 80 and starts-with(., '{') and contains(., 'model')]")
_QUOTED = re.compile(r"""(["'])((?:\\.|(?!\1)[^\\])*)\1""", re.DOTALL)
_ESCAPES = re.compile(r"\\(?:x(?P<code>[0-9a-fA-F]{2})|(?P<other>[^\"\\/bfnrtu]))")
_ANGULAR_ENTITIES = (("&q;", '"'), ("&s;", "'"), ("&l;", "<"), ("&g;", ">"), ("&a;", "&"))
LARGEST = 3_000_000
LARGEST_REVIVED = 200_000
DEEPEST = 14
_ATTRIBUTES_PER_PAGE = 20
_VALUES_PER_SCRIPT = 6


def values_in(page: Page) -> Iterator[JsonValue]:
    """The values in the page's scripts and attributes; what can't be read is left out."""
    for script in page.scripts:
        if "ld+json" not in script.kind and script.text and len(script.text) <= LARGEST:
            yield from _values_of(script)
    yield from _streamed(page)
    yield from _in_attributes(page)


def _values_of(script: Script) -> Iterator[JsonValue]:
    text = script.text.strip()
    if script.name == "__NUXT_DATA__":
        yield from (_revived(value) for value in _parsed(text))
    elif "json" in script.kind.lower() or script.name == "__NEXT_DATA__":
        yield from _parsed(_plain_json(text))
    elif "{" in text:
        for match in islice(_assigned(text), _VALUES_PER_SCRIPT):
            value = text[match.start("start") :]
            yield from _parsed_text(value) if match["start"] in "\"'" else _parsed(value)


def _plain_json(text: str) -> str:
    """Angular hands its state over with entities of its own."""
    if not text.startswith(("{&q;", "[&q;")):
        return text
    for entity, sign in _ANGULAR_ENTITIES:
        text = text.replace(entity, sign)
    return text


def _assigned(script: str) -> Iterator[re.Match[str]]:
    """Where a script gives a value to one of the names that states have, or pushes it for its analytics."""
    for match in _ASSIGNED.finditer(script):
        name = _NAME.search(script[max(0, match.start() - _LONGEST_NAME) : match.start()])
        if name and name["name"].replace("_", "").replace("$", "").lower() in STATE_VARIABLES:
            yield match
    if "dataLayer" in script:
        yield from _PUSHED.finditer(script)


def _revived(data: JsonValue) -> JsonValue:
    """Nuxt lists all values once, and a value names others by their index in the list."""
    return _Reviver(data).at(0, 0) if isinstance(data, list) else None


class _Reviver:
    """Values by their index. As many can hold the same one, ten short lines can stand for 10^10 values.

    Their number is counted, and what would be more than `LARGEST_REVIVED` is left out.
    """

    def __init__(self, data: list[JsonValue]) -> None:
        self._data = data
        self._made: dict[int, JsonValue] = {}
        self._sizes: dict[int, int] = {}

    def at(self, index: JsonValue, depth: int) -> JsonValue:
        """The value of an index; None where it has none, or lies too deep."""
        if not isinstance(index, int) or not 0 <= index < len(self._data) or depth > DEEPEST:
            return None
        if index not in self._made:
            self._made[index] = None  # a value that holds itself
            value, size = self._whole(self._data[index], depth + 1)
            self._made[index] = value if size <= LARGEST_REVIVED else None
            self._sizes[index] = size if size <= LARGEST_REVIVED else 1
        return self._made[index]

    def _whole(self, value: JsonValue, depth: int) -> tuple[JsonValue, int]:
        """A value with those that it names, and how many they are."""
        if isinstance(value, list) and value and isinstance(value[0], str):  # ["Reactive", 12]
            return (self.at(value[1], depth), self._size(value[1])) if len(value) == 2 else (None, 1)
        if isinstance(value, dict):
            said = {name: self.at(part, depth) for name, part in value.items()}
            return said, 1 + sum(map(self._size, value.values()))
        if isinstance(value, list):
            return [self.at(part, depth) for part in value], 1 + sum(map(self._size, value))
        return value, 1

    def _size(self, index: JsonValue) -> int:
        return self._sizes.get(index, 1) if isinstance(index, int) else 1


def _streamed(page: Page) -> Iterator[JsonValue]:
    """What Next.js streams to the page: pieces of text that make rows of JSON together."""
    scripts = (script.text for script in page.scripts if "__next_f" in script.text)
    pieces = [match[1] for text in scripts for match in _STREAMED.finditer(text)]
    rows = "".join(said for piece in pieces for said in _parsed(piece) if isinstance(said, str))
    for row in rows.split("\n"):
        _, _, value = row.partition(":")
        if value.startswith(("[", "{")) and len(value) < LARGEST:
            yield from _parsed(value)


def _in_attributes(page: Page) -> Iterator[JsonValue]:
    """State in attributes, such as `data-vehicle='{"make": …}'`."""
    for value in islice(_ATTRIBUTES(page.root), _ATTRIBUTES_PER_PAGE):
        yield from _parsed(value.strip())


def _parsed(text: str) -> Iterator[JsonValue]:
    """The value at the start of a text, or none."""
    try:
        yield _decoded(text)
    except (ValueError, RecursionError):
        return


def _parsed_text(text: str) -> Iterator[JsonValue]:
    """The value inside of the quoted text at the start of a text, or none."""
    try:
        quoted = _QUOTED.match(text)
        inner = quoted[2].replace("\\'", "'").replace('"', '\\"').replace('\\\\"', '\\"') if quoted else ""
        yield _decoder().raw_decode(str(json.loads(f'"{inner}"', strict=False)).strip())[0]
    except (ValueError, RecursionError):
        return


def _decoded(text: str) -> JsonValue:
    """JSON at the start of a text, or what JavaScript allows beside it: `undefined`, "\\x20" and "\\-"."""
    value: JsonValue
    try:
        value, _ = _decoder().raw_decode(text)
    except ValueError:
        text = re.sub(r":\s*undefined\b", ":null", text[:LARGEST])
        if "\\" in text:
            text = _ESCAPES.sub(lambda m: f"\\u00{m['code']}" if m["code"] else m["other"], text)
        value, _ = _decoder().raw_decode(re.sub(r",(\s*[}\]])", r"\1", text))
    return value


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(strict=False)
