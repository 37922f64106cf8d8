"""Frozen dataclasses to and from JSON, by the key that each field has there. Standard library only.

A field is a number, a text, another such dataclass, or a `tuple[T, ...]`, `dict[str, T]` or `T | None` of
these. Its key is its own name, unless it is annotated with another `Key`. Unknown keys are ignored, so a
newer program's JSON can be read.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints

from ml.exceptions import DataError


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


T = TypeVar("T", bound=_Dataclass)
#: The types that JSON may have for a plain one: 1.0 is written as 1 by some programs.
_PLAIN: dict[object, tuple[type, ...]] = {float: (float, int), int: (int,), str: (str,)}


@dataclass(frozen=True)
class Key:
    """What a field is called in JSON, where that is not its own name: `top_1: Annotated[float,
    Key("top-1")]`.
    """

    name: str


def to_json(value: object) -> object:
    """A dataclass as JSON values, its fields in their order.

    A field that may be absent is left out where it is empty.
    """
    if dataclasses.is_dataclass(value):
        keys = _keys(cast("type", type(value)))
        parts = {one: to_json(getattr(value, one.name)) for one in dataclasses.fields(value)}
        kept = {one: part for one, part in parts.items() if _is_required(one) or part not in (None, {})}
        return {keys[one.name]: part for one, part in kept.items()}
    if isinstance(value, Mapping):
        return {key: to_json(part) for key, part in value.items()}
    return [to_json(part) for part in value] if isinstance(value, tuple) else value


def object_of(value: _Dataclass) -> dict[str, object]:
    """A dataclass as a JSON object."""
    return cast("dict[str, object]", to_json(value))


def from_json(kind: type[T], values: object, *, lenient: bool = False) -> T:
    """The dataclass `kind` of JSON values.

    Raises DataError naming a key that is missing, has no default, or is of another type. With `lenient` a key
    of another type counts as missing.
    """
    if not isinstance(values, Mapping):
        raise DataError(f"{kind.__name__} is written as an object with keys, not as {type(values).__name__}.")
    keys, hints, found = _keys(kind), get_type_hints(kind), {}
    for name, key in keys.items():
        try:
            if key in values:
                found[name] = _read(hints[name], values[key], key)
        except DataError:
            if not lenient:
                raise
    lacking = [
        keys[one.name] for one in dataclasses.fields(kind) if one.name not in found and _is_required(one)
    ]
    if lacking:
        raise DataError(f"{kind.__name__} lacks {', '.join(map(repr, lacking))}.")
    return kind(**found)


def _read(hint: object, value: object, key: str) -> object:
    """The value of a field of type `hint`. Raises DataError where it is of another type."""
    if dataclasses.is_dataclass(hint):
        return from_json(cast("type[_Dataclass]", hint), value)
    if isinstance(hint, types.UnionType):
        (inner,) = (part for part in get_args(hint) if part is not types.NoneType)
        return None if value is None else _read(inner, value, key)
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_read(get_args(hint)[0], part, key) for part in value)
    if get_origin(hint) is dict and isinstance(value, Mapping):
        return {str(name): _read(get_args(hint)[1], part, key) for name, part in value.items()}
    if type(value) in _PLAIN.get(hint, ()):
        return value
    raise DataError(f"{key!r} is {type(value).__name__}, not {hint}.")


def _is_required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


@cache
def _keys(kind: type) -> dict[str, str]:
    """The key of each field, by its name."""
    found = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        found[name] = next((extra.name for extra in extras if isinstance(extra, Key)), name)
    return found
