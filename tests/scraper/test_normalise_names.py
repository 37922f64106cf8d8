"""Names of makes and models: aliases, casing, titles."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import squash
from scraper.reading.normalise.names import make_of, makes, models, split_model, tidy
from scraper.reading.normalise.titles import Title, title
from scraper.reading.vocabulary import read


@pytest.mark.parametrize(
    ("said", "make"),
    [("VW", "Volkswagen"), ("Merc", "Mercedes-Benz"), ("Beemer", "BMW"), ("SKODA", "Škoda"), ("citroen", "Citroën"), ("MERCEDES BENZ", "Mercedes-Benz"), ("land-rover", "Land Rover"), ("Maruti", "Maruti Suzuki"), ("Chevy", "Chevrolet"), ("Vehicle", ""), ("", "")],
)  # fmt: skip
def test_a_make_is_known_by_all_its_names(said: str, make: str):
    assert make_of(said) == make


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(set(makes().values()))), st.sampled_from([str.upper, str.lower, str.title]))
def test_a_make_is_known_in_every_case(make: str, case):
    assert make_of(case(make)) == make


def test_every_make_with_models_is_a_make():
    assert {make for make in read("models") if make_of(make) != make} == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016 Porsche 718 Boxster S", Title("Porsche", "718 Boxster", "S", 2016)),
        ("BMW 320i Touring - 74.983 km", Title("BMW", "320i", "Touring")),
        ("Used Subaru Outback 2.0D", Title("Subaru", "Outback", "2.0D")),
        ("2019 Peugeot 2008", Title("Peugeot", "2008", "", 2019)),
        ("Peugeot 2008 1.2 PureTech", Title("Peugeot", "2008", "1.2 PureTech")),
        ("Noul Ford Kuga 2016 - Prezentare generala | Ford RO", Title("Ford", "Kuga", "", 2016)),
        ("VW Golf VII 1.4 TSI", Title("Volkswagen", "Golf", "VII 1.4 TSI")),
        ("Land Rover Range Rover Evoque", Title("Land Rover", "Range Rover Evoque")),
        ("BMW BMW X3", Title("BMW", "X3")),
        ("Hyundai i30 N Line Auto", Title("Hyundai", "i30", "N Line Auto")),
        ("BMW G20 3 Series Sedan Specs", Title("BMW", "3 Series", "Sedan")),
        ("BMW für € 20.000", Title("BMW")),
        ("2014 ford focus se - $6,500 (springfield)", Title("Ford", "Focus", "se", 2014)),
        ("2004 Lincoln Town Car Signature", Title("Lincoln", "Town Car", "Signature", 2004)),
        ("Opel Astra Sports Tourer 1.4 T", Title("Opel", "Astra", "Sports Tourer 1.4 T")),
        ("2017 Mercedes-Benz SLC 43 AMG", Title("Mercedes-Benz", "SLC 43", "AMG", 2017)),
        ("1983 Mercedes-Benz 380 SL", Title("Mercedes-Benz", "380 SL", "", 1983)),
        ("2006 Dodge Ram 1500 SLT", Title("Dodge", "Ram 1500", "SLT", 2006)),
        ("Peugeot 1007 till salu", Title("Peugeot", "1007")),
        ("Welcome to our showroom", Title()),
        ("How a smart buyer saves", Title()),
        ("", Title()),
    ],
)  # fmt: skip
def test_a_title_is_taken_apart(text: str, expected: Title):
    assert title(text) == expected


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(make, model) for make in ("Audi", "Honda", "Hyundai", "Lexus", "Nissan", "Volkswagen") for model in models(make).values()]), st.integers(1990, 2025))  # fmt: skip
def test_a_title_of_year_make_and_model_gives_them_back(car: tuple[str, str], year: int):
    make, model = car
    found = title(f"{year} {make} {model}")
    assert (found.make, squash(found.model)) == (make, squash(model))
    assert found.year in (year, None)


@pytest.mark.parametrize(
    ("make", "said", "expected"),
    [
        ("BMW", "BMW 320i", ("320i", "")),
        ("BMW", "3 Series", ("3 Series", "")),
        ("BMW", "320", ("320", "")),
        ("Audi", "A4 Avant 40 TDI quattro", ("A4", "Avant 40 TDI quattro")),
        ("Ford", "FIESTA", ("Fiesta", "")),
        ("Fiat", "Argo 1.0", ("Argo", "1.0")),
        ("Ford", "2015 Ford Focus", ("Focus", "")),
        ("Peugeot", "2008", ("2008", "")),
        ("Dacia", "MODELX", ("Modelx", "")),
        ("Mazda", "Mazda 3", ("3", "")),
    ],
)
def test_what_a_page_calls_the_model_loses_make_and_year(make: str, said: str, expected: tuple[str, str]):
    assert split_model(make, said) == expected


@settings(max_examples=60, deadline=None)
@given(st.text(string.ascii_letters + " -äöüéñ", max_size=30))
def test_tidying_a_name_changes_its_case_at_most(name: str):
    assert squash(tidy(name)) == squash(name)
    assert tidy(tidy(name)) == tidy(name)
