"""The API's OpenAPI schema as something a template can show: a reference that needs no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

Schema = Mapping[str, Any]
_PAGED = "Paginated"


@dataclass(frozen=True)
class Field:
    """A parameter, or a value in a body. `kind` is in words, `shape` the name of a shape that it links to."""

    name: str
    kind: str
    shape: str
    required: bool
    text: str


@dataclass(frozen=True)
class Answer:
    """What may come back: a status, the shape of the body, and whether it is a list of pages."""

    status: str
    text: str
    shape: str
    paged: bool


@dataclass(frozen=True)
class Operation:
    """One thing a program can ask for."""

    anchor: str
    method: str
    path: str
    title: str
    text: str
    needs_token: bool
    media: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]


@dataclass(frozen=True)
class Shape:
    """A kind of body with its values."""

    name: str
    text: str
    fields: list[Field]


@dataclass(frozen=True)
class Reference:
    """All operations by their tag, and the shapes they speak of."""

    groups: dict[str, list[Operation]]
    shapes: list[Shape]


@cache
def reference() -> Reference:
    """The reference of this version of the site; made once in each process."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return _Reader(schema.get("components", {}).get("schemas", {})).reference(schema["paths"])


class _Reader:
    """Reads a schema with the shapes that it refers to."""

    def __init__(self, shapes: Mapping[str, Schema]) -> None:
        self.shapes = shapes

    def reference(self, paths: Mapping[str, Schema]) -> Reference:
        groups: dict[str, list[Operation]] = {}
        for path, methods in paths.items():
            for method, operation in methods.items():
                tag = operation.get("tags", ["other"])[0]
                groups.setdefault(tag, []).append(self._operation(path, method, operation))
        return Reference(groups, list(self._shapes()))

    def _operation(self, path: str, method: str, operation: Schema) -> Operation:
        media, shape = _body(operation.get("requestBody", {}))
        return Operation(
            anchor=operation["operationId"],
            method=method.upper(),
            path=path,
            title=operation.get("summary") or operation["operationId"].replace("_", " ").capitalize(),
            text=operation.get("description", ""),
            needs_token={} not in operation.get("security", []),
            media=media,
            parameters=[
                self._field(
                    each["name"],
                    each["schema"],
                    each.get("description", ""),
                    required=each.get("required", False),
                )
                for each in operation.get("parameters", [])
            ],
            body=self._fields(self.shapes.get(_target(shape), shape)),
            answers=[_answer(status, answer) for status, answer in sorted(operation["responses"].items())],
        )

    def _shapes(self) -> Iterator[Shape]:
        for name, shape in self.shapes.items():
            if "properties" in shape and not name.startswith(_PAGED) and not name.endswith("Request"):
                yield Shape(name, shape.get("description", ""), self._fields(shape))

    def _fields(self, shape: Schema) -> list[Field]:
        required = shape.get("required", [])
        return [
            self._field(name, value, value.get("description", ""), required=name in required)
            for name, value in shape.get("properties", {}).items()
        ]

    def _field(self, name: str, schema: Schema, text: str, *, required: bool) -> Field:
        # The generator lists choices in the text, too; here they are the kind.
        text = "\n".join(line for line in text.splitlines() if not line.startswith("* `")).strip()
        target = _target(schema)
        shape = target if "properties" in self.shapes.get(target, {}) else ""
        return Field(name, self._kind(schema), shape, required, text)

    def _kind(self, schema: Schema) -> str:
        """The type in words."""
        if schema.get("type") == "array":
            return f"list of {self._kind(schema.get('items', {}))}"
        target = _target(schema)
        choices = self.shapes.get(target, schema).get("enum")
        if choices:
            return " | ".join(str(choice) for choice in choices if choice not in (None, ""))
        if target:
            return target
        types = schema.get("type", "anything")
        words = [types] if isinstance(types, str) else types
        return " or ".join(schema.get("format", word) if word == "string" else word for word in words)


def _target(schema: Schema) -> str:
    """The shape that a schema refers to, also as the items of a list; empty where there is none."""
    inner = [schema, schema.get("items", {})]
    inner += [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, [])]
    return next((part["$ref"] for part in inner if "$ref" in part), "").rpartition("/")[2]


def _body(part: Schema) -> tuple[str, Schema]:
    """The first media type of a request or an answer, and its schema."""
    for media, body in part.get("content", {}).items():
        return media, body.get("schema", {})
    return "", {}


def _answer(status: str, answer: Schema) -> Answer:
    name = _target(_body(answer)[1])
    paged = name.startswith(_PAGED)
    shape = name.removeprefix(_PAGED).removesuffix("List") if paged else name
    return Answer(status, answer.get("description", ""), shape, paged)
