"""From what people type to a place on earth, and how far it is from there."""

from __future__ import annotations

import pytest

from dealers.exceptions import UnknownPlace
from dealers.models import City
from dealers.places import find_place
from dealers.templatetags.dealers import dialled, distance, telephone

pytestmark = pytest.mark.usefixtures("cities")


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("munich", "Bavaria"),
        ("  MUNICH ", "Bavaria"),
        ("München", "Bavaria"),
        ("Munich, Bavaria, Germany", "Bavaria"),
        ("krakow", "Lesser Poland"),
        ("Cracow, Poland", "Lesser Poland"),
        ("Portland", "Oregon"),
        ("Portland, ME", "Maine"),
        ("portland maine usa", "Maine"),
    ],
)
def test_a_city_is_found_however_people_write_it(typed, region):
    place = find_place(typed)
    assert region in place.label
    assert not place.guessed


@pytest.mark.parametrize(
    ("typed", "city"),
    [
        ("Munnich", "Munich"),
        ("Mumich", "Munich"),
        ("Berlni", "Berlin"),
        ("Portlend, Maine", "Portland, Maine"),
    ],
)
def test_a_typo_is_forgiven_and_told(typed, city):
    place = find_place(typed)
    assert place.label.startswith(city)
    assert place.guessed


@pytest.mark.parametrize(
    ("typed", "city"),
    [
        ("Мюнхен", "Munich"),
        ("Берлин", "Berlin"),
        ("ベルリン", "Berlin"),
        ("Краков", "Kraków"),
        ("بيرلين", "Berlin"),
    ],
)
def test_a_name_in_another_script_is_found_and_told(typed, city):
    assert find_place(typed).label.startswith(city)


@pytest.mark.parametrize("typed", ["４８.１４, １１.５８", "٤٨.١٤,١١.٥٨"])
def test_digits_of_other_scripts_are_digits(typed):
    assert find_place(typed).near == "48.14,11.58"


@pytest.mark.parametrize(
    "typed",
    [
        "🚗",
        "\u200b",
        "%",
        "日本",
        "жжж",
        "\ud800",
        "-",
        ",",
        "0,",
        "１" * 300,
        "Xyzzy",
        "",
        "   ",
        "?!",
        "M",
        "\x00",
        "a" * 5000,
    ],
)
def test_what_is_no_place_is_refused(typed):
    with pytest.raises(UnknownPlace):
        find_place(typed)


def test_a_country_is_too_wide_so_its_biggest_cities_are_suggested():
    with pytest.raises(UnknownPlace) as caught:
        find_place("Germany")
    assert caught.value.suggestions == ["Berlin, Germany", "Munich, Bavaria, Germany"]


def test_coordinates_are_rounded_to_a_kilometre_and_named_by_the_nearest_city():
    place = find_place(" 48.137154, 11.576124 ")
    assert (place.latitude, place.longitude, place.near) == (48.14, 11.58, "48.14,11.58")
    assert place.label == "your location (Munich)"
    assert find_place("0,0").label == "your location"


@pytest.mark.parametrize("typed", ["90.5,0", "0,181", "-91,0", "1e5,2", "nan,nan", "48.1;11.5"])
def test_coordinates_off_the_earth_are_refused(typed):
    with pytest.raises(UnknownPlace):
        find_place(typed)


def test_a_city_added_later_is_found_without_a_restart():
    with pytest.raises(UnknownPlace):
        find_place("Timbuktu")
    City.objects.create(name="Timbuktu", region="Tombouctou", country="ML", latitude=16.77, longitude=-3.01)
    assert find_place("Timbuktu").label == "Timbuktu, Tombouctou, ML"


@pytest.mark.parametrize(
    ("start", "end", "kilometres"),
    [
        # A quarter and half of a great circle of the mean earth, and one degree along a meridian.
        ((0, 0), (0, 90), 10_007.557),
        ((0, 0), (0, 180), 20_015.115),
        ((90, 0), (-90, 0), 20_015.115),
        ((10, 20), (11, 20), 111.195),
        # One degree of longitude at 60° is half of one at the equator, nearly: the great circle cuts the corner.
        ((60, 0), (60, 1), 55.5967),
        # Across the date line, and no way at all.
        ((0, 179.5), (0, -179.5), 111.195),
        ((48.14, 11.58), (48.14, 11.58), 0),
        # Munich to Berlin, by the spherical law of cosines.
        ((48.14, 11.58), (52.52, 13.40), 503.8),
    ],
)
def test_distance_is_the_great_circle(start, end, kilometres):
    City.objects.all().delete()
    City.objects.create(name="End", country="XX", latitude=end[0], longitude=end[1])
    found = City.objects.near(*start).get()
    assert found.distance / 1000 == pytest.approx(kilometres, abs=0.1)


def test_nearest_comes_first():
    assert [city.name for city in City.objects.near(52.4, 13.3)[:3]] == ["Berlin", "Munich", "Kraków"]


@pytest.mark.parametrize(
    ("metres", "units", "text"),
    [
        (0, "metric", "0.0 km"),
        (4_321, "metric", "4.3 km"),
        (9_960, "metric", "10 km"),
        (1_234_567, "metric", "1,235 km"),
        (16_093.44, "imperial", "10 mi"),
        (8_046.72, "imperial", "5.0 mi"),
    ],
)
def test_distances_are_written_in_the_visitors_units(metres, units, text):
    assert distance(metres, units) == text.replace(" ", "\u00a0")


def test_a_telephone_dials_digits_only():
    assert dialled("+49 (89) 123-45.67 ext. 12") == "+49891234567"
    assert dialled("+49891234567;ext=12") == "+49891234567"


@pytest.mark.parametrize(
    ("phone", "country", "shown"),
    [
        ("+49891234567", "DE", "089 1234567"),
        ("+49891234567", "US", "+49 89 1234567"),
        ("+12125550143;ext=12", "US", "(212) 555-0143 ext. 12"),
        ("ask for Ada", "DE", "ask for Ada"),
        ("", "DE", ""),
    ],
)
def test_a_number_is_shown_as_its_country_writes_it(phone, country, shown):
    assert telephone(phone, country) == shown
