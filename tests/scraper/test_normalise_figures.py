"""Numbers, units, money and years: read in every style, and back again without loss."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.reading.normalise.money import Money, money
from scraper.reading.normalise.numbers import meanings
from scraper.reading.normalise.unit_names import PINT, SPOKEN, STORED
from scraper.reading.normalise.units import convert, figures
from scraper.reading.normalise.years import latest, years
from scraper.reading.vocabulary import KEYS

STYLES = [(".", ","), (",", "."), (",", " "), (".", "'"), (",", "\u00a0"), (".", " ")]


def written(value: float, *, decimal: str, group: str) -> str:
    """A number in a style, at most three decimals."""
    whole, _, rest = f"{value:.3f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    rest = rest.rstrip("0")
    return f"{grouped}{decimal}{rest}" if rest else grouped


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(STYLES))
def test_a_whole_number_comes_back_from_every_style(value: int, style: tuple[str, str]):
    decimal, group = style
    assert meanings(written(value, decimal=decimal, group=group), decimal)[0] == value


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**8), st.integers(1, 99), st.sampled_from(STYLES))
def test_a_number_with_two_decimals_comes_back_from_every_style(
    whole: int, cents: int, style: tuple[str, str]
):
    decimal, group = style
    value = whole + cents / 100
    assert meanings(written(value, decimal=decimal, group=group), decimal)[0] == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "1,23,4", ".", "12,34,56"])
def test_what_is_no_number_has_no_meaning(text: str):
    assert meanings(text, ".") == []


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 5000), st.sampled_from([(unit, stored) for stored in STORED for unit in PINT]))
def test_a_figure_comes_back_from_its_stored_unit(value: float, pair: tuple[str, str]):
    unit, stored = pair
    there = convert(value, unit, stored)
    if there is None:
        return
    one = convert(1.0, unit, stored)
    assert one is not None
    straight = convert(2.0, unit, stored) == pytest.approx(2 * one)
    back = there / one if straight else one / there
    assert back == pytest.approx(value)


@settings(max_examples=60, deadline=None)
@given(st.integers(40, 900), st.sampled_from(["{} kW", "{} kw", "Leistung: {} kW", "({} kW)", "{}kW"]))
def test_a_power_is_read_wherever_it_stands_in_a_text(value: int, text: str):
    (found,) = figures(text.format(value), "power", decimal=",")
    assert (found.low, found.unit) == (pytest.approx(value * 1000), "kW")


def test_every_spoken_unit_is_one_that_can_be_converted():
    assert set(SPOKEN.values()) <= set(PINT)


@pytest.mark.parametrize(
    ("text", "key", "decimal", "stored", "unit"),
    [
        ("1.995 cm³", "displacement", ",", 0.001995, "cc"),
        ("1,995 cc", "displacement", ".", 0.001995, "cc"),
        ("1.995 cc", "displacement", ".", 0.001995, "cc"),  # an English page with a German number
        ("2,0 l", "displacement", ",", 0.002, "l"),
        ("3.6L/217", "displacement", ".", 0.0036, "l"),
        ("69,730 miles", "mileage", ".", 69730 * 1609.344, "mi"),
        ("98.000 km", "mileage", ".", 98000e3, "km"),  # whatever the language
        ("62k miles", "mileage", ".", 62000 * 1609.344, "mi"),
        ("74 983 km", "mileage", ",", 74983e3, "km"),
        ("8 826 mil", "mileage", ",", 88260e3, "mil"),
        ("118.27bhp@5500rpm", "power", ".", 118.27 * 745.69987, "bhp"),
        ("190 ch", "power", ",", 190 * 735.49875, "PS"),
        ("150 KM", "power", ",", 150 * 735.49875, "PS"),  # Polish horses, not kilometres
        ("2.0/150 hp/awd", "power", ".", 150 * 745.69987, "hp"),
        ("289ci V8", "displacement", ".", 289 * 1.6387064e-5, "cu in"),
        ("278 lb-ft @ 4800", "torque", ".", 278 * 1.3558179, "lb ft"),
        ("17.4 kmpl", "consumption_combined", ".", 1e-6 / 17.4, "km/l"),
        ("5,1 l/100 km (komb.)", "consumption_combined", ",", 5.1e-8, "l/100 km"),
        ("16,8 kWh/100 km", "electricity_combined", ",", 604.8, "kWh/100 km"),
        ("3,770 lb", "mass", ".", 3770 * 0.45359237, "lb"),
        ("185.4 in", "length", ".", 4.70916, "in"),
    ],
)  # fmt: skip
def test_a_figure_is_read_in_the_unit_beside_it(text: str, key: str, decimal: str, stored: float, unit: str):
    (found,) = figures(text, key, decimal=decimal)
    assert found.low == found.high == pytest.approx(stored, rel=1e-6)
    assert found.unit == unit


@pytest.mark.parametrize(("country", "litres"), [("US", 7.84), ("GB", 9.42)])
def test_a_gallon_is_the_countrys_own(country: str, litres: float):
    (found,) = figures("30 mpg", "consumption_combined", decimal=".", country=country)
    assert found.low * 1e8 == pytest.approx(litres, abs=0.01)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("150", "power"),  # no unit
        ("4500 rpm", "power"),
        ("17 km/h", "mileage"),
        ("9999 kW", "power"),  # no car has it
        ("12", "displacement"),
        ("Euro 6", "mileage"),
        ("0 mpg", "consumption_combined"),
    ],
)
def test_a_figure_without_a_fitting_unit_or_out_of_range_is_none(text: str, key: str):
    assert figures(text, key, decimal=".") == []


@pytest.mark.parametrize(
    ("text", "country", "tag", "expected"),
    [
        ("Rs. 46.02 Lakh", "IN", "en-IN", Money(4602000, 4602000, "INR")),
        ("Rs. 10.50 - 18.20 Lakh", "IN", "en", Money(1050000, 1820000, "INR")),
        ("₹ 7,45,000", "", "en", Money(745000, 745000, "INR")),
        ("₹ 1.2 Crore", "IN", "en", Money(12000000, 12000000, "INR")),
        ("€ 34.990", "DE", "de", Money(34990, 34990, "EUR")),
        ("€ 34.990,-", "NL", "nl", Money(34990, 34990, "EUR")),
        ("24.900 EUR (19% MwSt. ausweisbar)", "DE", "de", Money(24900, 24900, "EUR")),
        ("11 990 €", "FR", "fr", Money(11990, 11990, "EUR")),
        ("£11,935", "GB", "en-GB", Money(11935, 11935, "GBP")),
        ("$28,995", "CA", "en-CA", Money(28995, 28995, "CAD")),
        ("$28,995", "US", "en-US", Money(28995, 28995, "USD")),
        ("339 000 kr", "SE", "sv", Money(339000, 339000, "SEK")),
        ("CHF 12'500.-", "CH", "de-CH", Money(12500, 12500, "CHF")),
        ("€21,490.00", "", "en", Money(21490, 21490, "EUR")),
        ("20000", "", "en", Money(20000, 20000, "")),
        ("169.900 kr.", "DK", "da", Money(169900, 169900, "DKK")),
        ("€ 34.990", "", "en", Money(34990, 34990, "EUR")),
    ],
)  # fmt: skip
def test_money_is_read_with_its_currency(text: str, country: str, tag: str, expected: Money):
    decimal = "," if tag[:2] in ("de", "nl", "fr", "sv") and country != "CH" else "."
    assert money(text, decimal=decimal, country=country, tag=tag) == expected


@pytest.mark.parametrize(
    ("text", "tag"),
    [("$299/mo", "en-US"), ("ab 189 € mtl.", "de"), ("£199 per month", "en-GB"), ("2 315 kr/mån", "sv"), ("99 €/mois", "fr"), ("POA", "en"), ("Preis auf Anfrage", "de"), ("1", "en"), ("", "en"), ("€ 20.000 statt € 25.000", "de")],
)  # fmt: skip
def test_rates_and_words_are_no_price(text: str, tag: str):
    assert isinstance(money(text, decimal=".", country="", tag=tag), str)


@settings(max_examples=60, deadline=None)
@given(st.integers(500, 10**7), st.sampled_from([("€ {}", ",", ".", "EUR"), ("{} €", ",", " ", "EUR"), ("£{}", ".", ",", "GBP"), ("CHF {}", ".", "'", "CHF")]))  # fmt: skip
def test_a_price_comes_back_from_every_style(value: int, style: tuple[str, str, str, str]):
    text, decimal, group, currency = style
    said = text.format(written(value, decimal=decimal, group=group))
    assert money(said, decimal=decimal, country="", tag="en") == Money(value, value, currency)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016", (2016, 2016)),
        ("03/2016", (2016, 2016)),
        ("EZ 2016-03-21", (2016, 2016)),
        ("2024-05-01T00:00", (2024, 2024)),
        ("Mar 2016", (2016, 2016)),
        ("06.2019", (2019, 2019)),
        ("15.06.2019", (2019, 2019)),
        ("2019.06", (2019, 2019)),
        ("05/17", (2017, 2017)),
        ("11/98", (1998, 1998)),
        ("1994–2001", (1994, 2001)),
        ("2019/2020", (2020, 2020)),
        ("2019/2019", (2019, 2019)),
        ("2016 (66 reg)", (2016, 2016)),
        ("June 2011 – present", (2011, 2011)),
    ],
)
def test_years_are_read(text: str, expected: tuple[int, int]):
    assert years(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "20000", "2016, 2019", "2001-1994", "1700"])
def test_what_names_no_one_year_is_none(text: str):
    assert years(text) is None


def test_no_year_is_later_than_makers_announce():
    assert years(str(latest())) == (latest(), latest())
    assert years(str(latest() + 1)) is None


def test_every_number_of_the_vocabulary_has_a_range_that_excludes_nonsense():
    assert all(kind.low < kind.high < float("inf") for kind in KEYS.values() if kind.kind == "number")
