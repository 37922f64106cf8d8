"""JSON-LD, microdata and RDFa Lite of a page, as the same nodes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from lxml.etree import _Element as Element

from scraper.reading.extract.limits import LONGEST_TEXT, MOST_VALUES
from scraper.reading.extract.page import Page
from scraper.reading.extract.texts import squeeze, text_in
from scraper.reading.json_values import JsonObject, JsonValue

Node = JsonObject
# What templates leave around a block: the marks of comments and of CDATA sections.
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?:-->|//\]\]>|/\*\]\]>\*/)\s*$",
)
_STRAY_COMMA = re.compile(r",\s*([}\]])")
# A quote inside a text, such as an inch: nothing of JSON's own stands beside it.
_INNER_QUOTE = re.compile(r"(?<=[^\s{\[,:\\])\"(?=\s*[^\s,:}\]])")
_DEEPEST = 8
_MOST_TYPES = 20
_MOST_OF_A_NAME = 100  # of one node
_LONGEST_NODE_TEXT = 200
_NAMES_OF_A_NODE = ("name", "value", "@value", "model", "text", "@id")


class Markup(NamedTuple):
    """The attributes that open a node, name its type and name a property."""

    scope: str
    kind: str
    prop: str


_MICRODATA = Markup("itemscope", "itemtype", "itemprop")
_RDFA = Markup("typeof", "typeof", "property")


def nodes(page: Page) -> list[Node]:
    """All top-level nodes of a page."""
    found: list[Node] = []
    for kind, _, text in page.scripts:
        if "ld+json" in kind.lower():
            found += json_nodes(text)
    return found + _markup_nodes(page.root, _MICRODATA) + _markup_nodes(page.root, _RDFA)


def json_nodes(text: str) -> list[Node]:
    """The nodes of one JSON-LD block; templates leave comments, raw line breaks and stray commas in it."""
    for attempt in _repaired(_WRAPPING.sub("", text.strip()).strip().rstrip(";")):
        try:
            data = json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
        return [node for node in (data if isinstance(data, list) else [data]) if isinstance(node, dict)]
    return []


def _repaired(text: str) -> Iterator[str]:
    """A block as it is, and with each of the usual mistakes mended."""
    yield text
    yield _STRAY_COMMA.sub(r"\1", text)
    yield unescape(text)
    yield _INNER_QUOTE.sub(r"\"", text)


def _markup_nodes(root: Element, markup: Markup) -> list[Node]:
    opened: list[Element] = root.xpath(f"//*[@{markup.scope}]")
    tops = [element for element in opened if not (element.get(markup.prop) and _is_inside(element, markup))]
    return [_markup_node(element, markup, 0) for element in tops]


def _is_inside(element: Element, markup: Markup) -> bool:
    return any(ancestor.get(markup.scope) is not None for ancestor in element.iterancestors())


def _markup_node(element: Element, markup: Markup, depth: int) -> Node:
    said: dict[str, list[JsonValue]] = {"@type": [*(element.get(markup.kind) or "").split()]}
    stack = list(element.iterchildren())[::-1]
    while stack:
        child = stack.pop()
        if not isinstance(child.tag, str):
            continue
        opens_a_node = child.get(markup.scope) is not None
        for name in (child.get(markup.prop) or "").split():
            if len(said.get(name.rsplit(":", 1)[-1], ())) >= _MOST_OF_A_NAME:
                continue
            value = _nested(child, markup, depth + 1) if opens_a_node else _markup_text(child)
            said.setdefault(name.rsplit(":", 1)[-1], []).append(value)
        if not opens_a_node:
            stack.extend(list(child.iterchildren())[::-1])
    return {name: [*values_said] for name, values_said in said.items()}


def _nested(element: Element, markup: Markup, depth: int) -> JsonValue:
    """A node inside of another; its text where it has no properties, or lies too deep."""
    if depth > _DEEPEST:
        return _markup_text(element)
    node = _markup_node(element, markup, depth)
    if len(node) == 1:
        return text_in(element, LONGEST_TEXT)
    node.setdefault("text", text_in(element, _LONGEST_NODE_TEXT))
    return node


def _markup_text(element: Element) -> str:
    for attribute in ("content", "datetime"):
        if said := element.get(attribute):
            return str(said)
    text = text_in(element, LONGEST_TEXT)
    if element.tag in ("img", "source", "link") or (element.tag == "a" and not text):
        return str(element.get("src") or element.get("data-src") or element.get("href") or "")
    return text


def kinds(node: Node) -> set[str]:
    """The types of a node, without their vocabulary's address."""
    said = node.get("@type", node.get("type", []))
    named = said[:_MOST_TYPES] if isinstance(said, list) else [said]
    return {re.split(r"[/#:]", str(name)[:LONGEST_TEXT])[-1].lower() for name in named}


def values(node: Node, name: str) -> list[JsonValue]:
    """The values of a property, whatever its case."""
    found = next((value for key, value in node.items() if key.lower() == name), None)
    said = found[:MOST_VALUES] if isinstance(found, list) else [found]
    return [part for part in said if part not in (None, "", [], {})]


def nodes_in(node: Node, name: str) -> list[Node]:
    """The values of a property that are nodes themselves."""
    return [part for part in values(node, name) if isinstance(part, dict)]


def text_of(value: JsonValue) -> str:
    """The words of a value: a text, a number, or a node's name or value."""
    if isinstance(value, dict):
        said = (values(value, name) for name in _NAMES_OF_A_NODE)
        return next((text_of(found[0]) for found in said if found), "")
    if isinstance(value, list):
        return text_of(value[0]) if value else ""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    text = str(value)[:LONGEST_TEXT]
    return squeeze(re.sub(r"<[^>]{1,200}>", " ", unescape(text) if "&" in text else text))
