"""Time grows with what a visitor searches for, and not with its square."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import QueryDict

from catalog.search.criteria import Criteria
from catalog.search.words import corrected, nearest_names, terms, typed_words
from tests.growth import MOST, growth

NAMES = {"Audi A5": "audi a5", "Land Rover": "land rover", "Škoda Octavia": "skoda octavia"}
CASES: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "words": (terms, lambda n: "audi all wheel drive " * n),
    "a word": (terms, lambda n: "audi" * n),
    "parts of a word": (terms, lambda n: "f-150-" * n),
    "scripts": (terms, lambda n: "дизель丰田" * n),
    "marks": (typed_words, lambda n: "e" + "\u0301\u0316" * n),
    "corrected": (lambda text: corrected(text, NAMES.values()), lambda n: "audj " * n),
    "a word corrected": (lambda text: corrected(text, NAMES.values()), lambda n: "окта" * n),
    "nearest": (lambda text: nearest_names(text, NAMES), lambda n: "audi a" * n),
    "query": (lambda text: Criteria.read(QueryDict(text)), lambda n: "q=" + "a+" * n),
}


@pytest.mark.parametrize("name", CASES)
def test_time_grows_with_the_text(name: str) -> None:
    parse, made = CASES[name]
    assert growth(parse, made) <= MOST
