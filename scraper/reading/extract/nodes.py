"""JSON-LD, microdata and RDFa Lite of a page, as the same nodes."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from lxml.etree import _Element as Element

from scraper.reading.extract.page import Page, squeeze

Node = dict[str, Any]
# A quote inside a text, such as an inch: nothing of JSON's own stands beside it.
_INNER_QUOTE = re.compile(r"(?<=[^\s{\[,:\\])\"(?=\s*[^\s,:}\]])")


def nodes(page: Page) -> list[Node]:
    """All top-level nodes of a page."""
    found: list[Node] = []
    for kind, _, text in page.scripts:
        if "ld+json" in kind.lower():
            found += json_nodes(text)
    found += markup_nodes(page.root, "itemscope", "itemtype", "itemprop")
    found += markup_nodes(page.root, "typeof", "typeof", "property")
    return found


def json_nodes(text: str) -> list[Node]:
    """The nodes of one JSON-LD block; templates leave comments, raw line breaks and stray commas in it."""
    text = (
        re.sub(
            r"^\s*(?:<!--|//<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?:-->|//\]\]>|/\*\]\]>\*/)\s*$", "", text.strip()
        )
        .strip()
        .rstrip(";")
    )
    for attempt in (text, re.sub(r",\s*([}\]])", r"\1", text), unescape(text), _INNER_QUOTE.sub(r"\"", text)):
        try:
            data = json.loads(attempt, strict=False)
            break
        except (ValueError, RecursionError):
            continue
    else:
        return []
    return [node for node in (data if isinstance(data, list) else [data]) if isinstance(node, dict)]


def markup_nodes(root: Element, scope: str, kind: str, prop: str) -> list[Node]:
    """Microdata (itemscope, itemtype, itemprop) or RDFa Lite (typeof, typeof, property) as nodes."""
    tops = [e for e in root.xpath(f"//*[@{scope}]") if not (e.get(prop) and _inside(e, scope))]
    return [_markup_node(element, scope, kind, prop, 0) for element in tops]


def _inside(element: Element, scope: str) -> bool:
    return any(ancestor.get(scope) is not None for ancestor in element.iterancestors())


def _markup_node(element: Element, scope: str, kind: str, prop: str, depth: int) -> Node:
    node: Node = {"@type": (element.get(kind) or "").split()}
    stack = list(element.iterchildren())[::-1]
    while stack:
        child = stack.pop()
        if not isinstance(child.tag, str):
            continue
        nested = child.get(scope) is not None
        for name in (child.get(prop) or "").split():
            value = (
                _markup_node(child, scope, kind, prop, depth + 1)
                if nested and depth < 8
                else _markup_text(child)
            )
            if nested and isinstance(value, dict) and len(value) == 1:
                value = squeeze(" ".join(child.itertext()))
            elif nested and isinstance(value, dict):
                value.setdefault("text", squeeze(" ".join(child.itertext()))[:200])
            node.setdefault(name.rsplit(":", 1)[-1], []).append(value)
        if not nested:
            stack.extend(list(child.iterchildren())[::-1])
    return node


def _markup_text(element: Element) -> str:
    for attribute in ("content", "datetime"):
        if element.get(attribute):
            return str(element.get(attribute))
    if element.tag in ("img", "source", "a", "link"):
        address = element.get("src") or element.get("data-src") or element.get("href") or ""
        text = squeeze(" ".join(element.itertext()))
        return str(address if element.tag in ("img", "source", "link") or not text else text)
    return squeeze(" ".join(element.itertext()))


def kinds(node: Node) -> set[str]:
    """The types of a node, without their vocabulary's address."""
    said = node.get("@type", node.get("type", []))
    return {
        re.split(r"[/#:]", str(name))[-1].lower() for name in (said if isinstance(said, list) else [said])
    }


def values(node: Node, name: str) -> list[Any]:
    """The values of a property, whatever its case."""
    found = next((value for key, value in node.items() if key.lower() == name), None)
    return [
        part for part in (found if isinstance(found, list) else [found]) if part not in (None, "", [], {})
    ]


def text_of(value: Any) -> str:
    """The words of a value: a text, a number, or a node's name or value."""
    if isinstance(value, dict):
        for name in ("name", "value", "@value", "model", "text", "@id"):
            if values(value, name):
                return text_of(values(value, name)[0])
        return ""
    if isinstance(value, list):
        return text_of(value[0]) if value else ""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    text = str(value)
    return squeeze(re.sub(r"<[^>]{1,200}>", " ", unescape(text) if "&" in text else text))
