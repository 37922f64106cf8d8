"""How the source is built: no circle of files, nothing too long or too tangled to read. `make check` runs
this alone.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from radon.complexity import cc_visit

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "carsite", "catalog", "classifier", "core", "dealers", "ml", "ops", "scraper")
SOURCES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
)
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_COMPLEXITY = 400, 40, 15
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {path: ast.parse(path.read_text()) for path in SOURCES}
MODULES = {_module(path): path for path in SOURCES}


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 300


# --- Circles ------------------------------------------------------------------------------------------------
def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below `node` but those that only a type checker reads. Imports inside functions count."""
    for child in ast.iter_child_nodes(node):
        if _is_for_types_only(child):
            for other in child.orelse:  # type: ignore[attr-defined]
                yield from _running(other)
            continue
        yield child
        yield from _running(child)


def _imported(tree: ast.AST) -> Iterator[str]:
    """The modules of ours that a file imports: `from a import b` is the module a.b where there is one, else
    a.
    """
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in MODULES or node.module in MODULES:
                    yield inner if inner in MODULES else node.module


class _Circles:
    """Strongly connected components of the graph of imports that have more than one file (Tarjan's
    algorithm).
    """

    def __init__(self, graph: dict[str, set[str]]) -> None:
        self.graph, self.found = graph, list[list[str]]()
        self._index: dict[str, int] = {}
        self._lowest: dict[str, int] = {}
        self._stack: list[str] = []
        for module in list(graph):
            if module not in self._index:
                self._visit(module)

    def _visit(self, module: str) -> None:
        self._index[module] = self._lowest[module] = len(self._index)
        self._stack.append(module)
        for other in sorted(self.graph.get(module, ())):
            if other not in self._index:
                self._visit(other)
                self._lowest[module] = min(self._lowest[module], self._lowest[other])
            elif other in self._stack:
                self._lowest[module] = min(self._lowest[module], self._index[other])
        if self._lowest[module] == self._index[module]:
            start = self._stack.index(module)
            circle, self._stack[start:] = self._stack[start:], []
            if len(circle) > 1:
                self.found.append(sorted(circle))


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": set()}
    assert _Circles(graph).found == [["a", "b", "c"]]


def test_no_circle_of_files() -> None:
    graph: dict[str, set[str]] = defaultdict(set)
    for module, path in MODULES.items():
        graph[module] = set(_imported(TREES[path])) - {module}
    assert _Circles(graph).found == []


# --- Sizes --------------------------------------------------------------------------------------------------
def test_no_file_is_too_long_to_read() -> None:
    lines = {_name(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: n for name, n in lines.items() if n > MAX_FILE_LINES} == {}


def test_no_function_is_too_long_to_read() -> None:
    lines = {
        f"{_name(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }
    assert {name: n for name, n in lines.items() if n > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("app", APPS)
def test_no_function_is_too_tangled_to_read(app: str) -> None:
    """Cyclomatic complexity: the number of ways through a function."""
    tangled = {
        f"{_name(path)}:{block.lineno} {block.name}": block.complexity
        for path in SOURCES
        if path.is_relative_to(ROOT / app)
        for block in cc_visit(path.read_text())
        if block.letter != "C" and block.complexity > MAX_COMPLEXITY
    }
    assert tangled == {}
