"""What an app says for `/metrics`: a figure has a name, a text, labels and a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Figure(NamedTuple):
    """One sample of a metric."""

    name: str
    text: str
    labels: Mapping[str, str]
    value: float


Figures = Iterator[Figure]
