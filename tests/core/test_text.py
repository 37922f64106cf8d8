"""Names are folded in one way, and a slug is the same words joined by hyphens."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import LONGEST_SLUG, fold, slug, squash

names = st.text(max_size=60)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Bugatti Veyron 16.4 Coupe 2009", "bugatti veyron 16 4 coupe 2009"),
        ("Ram C/V", "ram c v"),
        ("Lynk & Co 01", "lynk co 01"),
        ("Tata Nexon XZ+", "tata nexon xz plus"),
        ("Tata Nexon XZ+(O)", "tata nexon xz plus o"),
        ("golf+gti", "golf gti"),
        ("+ Golf + Gti", "golf gti"),
        ("Citroën DS_3", "citroen ds 3"),
        ("Kia Cee’d", "kia cee d"),
        ("  Citroën  C/V–F-150! ", "citroen c v f 150"),
        ("Łada", "lada"),
        ("Лада", "lada"),
        ("Λάδα", "lada"),
        ("Škoda Ørsted, Weißmann", "skoda orsted weissmann"),
        ("İstanbul ı", "istanbul i"),
        ("Ford Focus® ¾ t", "ford focus 3 4 t"),
        ("Sport\u00adback", "sportback"),
        ("日産 GT-R 2012", "ri chan gt r 2012"),
        ("日産2012", "ri chan 2012"),
        ("Ａ５ ２０１２", "a5 2012"),
        ("ﬁat", "fiat"),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_a_name_in_plain_words(name: str, folded: str) -> None:
    assert fold(name) == folded
    assert squash(name) == folded.replace(" ", "")
    if folded:
        assert slug(name) == folded.replace(" ", "-")


@given(names)
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert re.fullmatch(r"(?:[a-z0-9]+(?: [a-z0-9]+)*)?", fold(name))


@given(names)
def test_how_accents_are_encoded_makes_no_difference(name: str) -> None:
    assert fold(unicodedata.normalize("NFC", name)) == fold(unicodedata.normalize("NFD", name))


@given(names)
def test_a_slug_is_that_of_the_folded_name_and_of_itself(name: str) -> None:
    if fold(name):
        assert slug(fold(name)) == slug(name) == slug(slug(name))


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=20))
def test_letters_and_digits_of_every_alphabet_make_words(name: str) -> None:
    assert fold(name)


@given(st.text(max_size=400))
def test_a_slug_is_never_empty_or_too_long(name: str) -> None:
    for longest in (20, LONGEST_SLUG):
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug(name, longest))
        assert len(slug(name, longest)) <= longest
