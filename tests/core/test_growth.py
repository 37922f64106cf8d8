"""Time grows with a stranger's text, and not with its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.addresses import lenient_email, mailbox, normalise_email
from core.sheets import csv_rows, rows_of
from core.text import fold, normalised, slug
from tests.growth import MOST, growth

Case = tuple[Callable[[Any], object], Callable[[int], Any]]
CASES: dict[str, Case] = {
    "words": (fold, lambda n: "Audi A5 " * n),
    "pluses": (fold, lambda n: "a" + "+" * n + "b+"),
    "pluses between": (fold, lambda n: "a+" * n),
    "Han": (fold, lambda n: "日産" * n),
    "Hangul": (fold, lambda n: "\u1100\u1161\u11a8" * n),
    "marks upon a letter": (fold, lambda n: "e" + "\u0301\u0316" * n),
    "marks that are two": (fold, lambda n: "e" + "\u0f73" * n),
    "marks taken apart": (lambda text: normalised("NFKD", text), lambda n: "e" + "\u0344\u0316" * n),
    "slug": (slug, lambda n: "Škoda " * n),
    "signs": (slug, lambda n: "!" * n),
    "address": (normalise_email, lambda n: "a" * n + "@example.org"),
    "domain": (lenient_email, lambda n: "a@" + "b." * n + "org"),
    "quotes of an address": (mailbox, lambda n: '"' * n + "@example.org"),
    "marks of an address": (lenient_email, lambda n: "a" + "\u0301\u0316" * n + "@example.org"),
    "blanks around an address": (lenient_email, lambda n: "\u200b " * n),
    "rows": (lambda content: list(rows_of(content)), lambda n: b"a;b\n" + b"1;2\n" * n),
    "cells": (lambda content: list(rows_of(content)), lambda n: b";" * n + b"\n" + b";" * n),
    "quoted cells": (lambda content: list(rows_of(content)), lambda n: b"a;b\n" + b'"";"x"\n' * n),
    "a cell": (lambda content: csv_rows(content, most=9), lambda n: b'a\n"' + b'""' * n),
    "headings": (lambda content: csv_rows(content, most=9), lambda n: b'"' * n + b",;" * n),
    "zeros": (lambda content: csv_rows(content, most=9), lambda n: b"\0a" * n),
}


@pytest.mark.parametrize("name", CASES)
def test_time_grows_with_the_text(name: str) -> None:
    parse, made = CASES[name]
    assert growth(parse, made) <= MOST


def test_thirty_marks_stay_upon_a_letter_and_no_more() -> None:
    assert normalised("NFC", "e\u0301") == "é"
    assert normalised("NFD", "e" + "\u0301" * 1000) == "e" + "\u0301" * 30
