"""Words in nine languages into the catalogue's own, and the vocabulary's agreement with the catalogue."""

from __future__ import annotations

import pytest

from catalog.choices import BodyStyle
from catalog.specs.units import UNITS
from catalog.specs.vocabulary import FUELS, SEPARATOR, SPECS
from scraper.reading.normalise import words
from scraper.reading.vocabulary import KEYS, LANGUAGES, label, language, words_of

OURS = {"make", "model", "trim", "name", "engine", "year", "first_registration", "body_style", "condition", "mileage", "currency", "gears"}  # fmt: skip
FUEL_WORDS = set(FUELS.values())
TRANSMISSIONS = {
    "Manual",
    "Automatic",
    "Automated manual",
    "Dual clutch",
    "Continuously variable",
    "Single gear",
}
DRIVES = {"Front-wheel", "Rear-wheel", "All-wheel", "Four-wheel", "Two-wheel", "Part-time four-wheel"}


def test_every_key_is_one_of_the_catalogue_or_of_used_cars():
    assert set(KEYS) - OURS == set(SPECS) - {"size_class", "offered_as"}
    assert set(KEYS) >= OURS


def test_units_are_those_that_the_catalogue_stores():
    for key in set(KEYS) & set(SPECS):
        assert KEYS[key].unit == SPECS[key].unit, key


def test_figures_mean_the_same_in_both_places():
    from scraper.reading.normalise.unit_names import PINT, STORED
    from scraper.reading.normalise.units import convert

    compared = 0
    for name in set(PINT) & set(UNITS):
        for stored in STORED:
            if (ours := convert(7.0, name, stored)) is not None:
                assert ours == pytest.approx(UNITS[name].to_si(7.0), rel=1e-9), name
                compared += 1
    assert compared >= 18


def test_several_words_are_joined_as_in_the_catalogue():
    assert words.SEPARATOR == SEPARATOR


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_labels_words_and_phrases_of_known_keys(code: str):
    known = language(code)
    assert {found.key for found in known.labels.values()} <= set(KEYS)
    assert {"make", "model", "year", "mileage", "fuel", "transmission", "power", "displacement", "price"} <= {
        found.key for found in known.labels.values()
    }
    assert set(known.words["fuel"].values()) <= FUEL_WORDS
    assert set(known.words["transmission"].values()) <= TRANSMISSIONS
    assert set(known.words["drive"].values()) <= DRIVES
    assert set(known.words["body_style"].values()) <= set(BodyStyle.values)
    assert set(known.words["condition"].values()) == {"new", "used"}


def test_labels_are_found_by_language_with_brackets_and_marks():
    assert label("Kilometerstand:", "de").key == "mileage"
    assert label("Puissance DIN", "fr-FR").key == "power"
    assert label("Fuel type", "de").key == "fuel"  # sites mix in English
    assert (label("Leistung (kW)", "de").key, label("Leistung (kW)", "de").unit) == ("power", "kW")
    assert (label("Length, mm", "en").key, label("Length, mm", "en").unit) == ("length", "mm")
    assert label("Airbags", "en") is None
    assert label("", "en") is None
    assert label("x" * 200, "en") is None


@pytest.mark.parametrize(
    ("text", "tag", "fuel"),
    [
        ("Elektro/Benzin", "de", "Hybrid"),
        ("Hybrid (Benzin/Elektro), Plug-in-Hybrid", "de", "Plug-in hybrid"),
        ("Super 95", "de", "Petrol"),
        ("Regular Unleaded", "en-US", "Petrol"),
        ("Benzina", "it", "Petrol"),
        ("Essence", "fr", "Petrol"),
        ("Gas", "en-US", "Petrol"),
        ("Gas", "de", ""),  # LPG or CNG: the page doesn't say
        ("El", "sv", "Electric"),
        ("Petrol + CNG", "en", "Petrol; Natural gas"),
        ("Benzină + GPL", "ro", "LPG"),
        ("Flex Fuel (Gasoline/E85)", "en-US", "Flex-fuel"),
        ("Motorină", "ro", "Diesel"),
        ("डीजल", "hi", "Diesel"),
        ("Híbrido enchufable", "es", "Plug-in hybrid"),
        ("Water", "en", ""),
    ],
)
def test_fuels(text: str, tag: str, fuel: str):
    assert words.fuel(text, tag) == fuel


@pytest.mark.parametrize(
    ("text", "tag", "box"),
    [
        ("6-Speed Manual", "en", "Manual, 6 gears"),
        ("Automatic (DCT) - 7 Gears", "en", "Dual clutch, 7 gears"),
        ("8-Speed Automatic w/OD", "en", "Automatic, 8 gears"),
        ("Schaltgetriebe, 6-Gang", "de", "Manual, 6 gears"),
        ("Boîte automatique", "fr", "Automatic"),
        ("Handgeschakeld", "nl", "Manual"),
        ("Lineartronic CVT", "en", "Continuously variable"),
        ("5-speed manual\n6-speed manual\n5-speed automatic", "en", "Manual, 5 gears; Manual, 6 gears; Automatic, 5 gears"),
        ("Automatic/Manual", "en", ""),  # one of the two: not said which
        ("Leather", "en", ""),
    ],
)  # fmt: skip
def test_transmissions(text: str, tag: str, box: str):
    assert words.transmission(text, tag) == box


@pytest.mark.parametrize(
    ("text", "tag", "drive"),
    [("Front Wheel Drive Configuration", "en", "Front-wheel"), ("Allrad", "de", "All-wheel"), ("Heckantrieb", "de", "Rear-wheel"), ("4x4", "ro", "All-wheel"), ("quattro", "en", "All-wheel"), ("Front or rear", "en", ""), ("Integrale", "it", "All-wheel"), ("RHD", "en", "")],
)  # fmt: skip
def test_driven_wheels(text: str, tag: str, drive: str):
    assert words.drive(text, tag) == drive


@pytest.mark.parametrize(
    ("text", "tag", "body"),
    [("Limousine", "de", "sedan"), ("5 door hatchback", "en", "hatchback"), ("Break", "fr", "wagon"), ("Van", "de", "minivan"), ("Sedan, Wagon", "en", ""), ("SUV / Geländewagen", "de", "suv"), ("Station wagon", "en", "wagon")],
)  # fmt: skip
def test_bodies(text: str, tag: str, body: str):
    assert words.body_style(text, tag) == body


def test_words_of_the_pages_own_language_come_first():
    assert next(iter(words_of("fuel", "de-AT"))) == language("de").words["fuel"]
    assert len(words_of("fuel", "de-AT")) == len(LANGUAGES)
