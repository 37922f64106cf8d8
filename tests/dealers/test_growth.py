"""Time grows with what a visitor types, and not with its square."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dealers.exceptions import UnknownPlace
from dealers.places import LONGEST, find_place
from dealers.seed import cities_load
from dealers.validators import clean_line, clean_message, clean_phone
from tests.growth import MOST, growth


def _place(text: str) -> None:
    with pytest.raises(UnknownPlace) as unknown:
        find_place(text)
    assert len(str(unknown.value)) < 2 * LONGEST


CASES: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "place": (_place, lambda n: "München " * (n + LONGEST)),
    "word": (_place, lambda n: "ü" * (n + LONGEST)),
    "coordinates": (_place, lambda n: " " * (n + LONGEST) + "48.1, 11."),
    "phone": (clean_phone, lambda n: "+49 " + "89 " * n + "x"),
    "digits": (clean_phone, lambda n: "00" + "1" * n + "e"),
    "line": (clean_line, lambda n: "a " * n),
    "message": (clean_message, lambda n: "\r\n" * n + "a"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CASES)
def test_time_grows_with_the_text(name: str) -> None:
    cities_load()
    parse, made = CASES[name]
    assert growth(parse, made) <= MOST
