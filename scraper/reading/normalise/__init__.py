"""From what a page states to typed values: a pure function. What does not parse is kept with the reason,
never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.text import squash
from scraper.reading.cars import Car, RawCar, RawField, Unparsed, Value
from scraper.reading.normalise import names, words
from scraper.reading.normalise.locale_hints import (
    CURRENCIES,
    PRICED_ABROAD,
    country,
    decimal_mark,
    odometer_unit,
)
from scraper.reading.normalise.money import Money, has_sign, iso, money
from scraper.reading.normalise.units import Measured, figures
from scraper.reading.normalise.years import years
from scraper.reading.vocabulary import KEYS

_NOTHING = {"", "-", "–", "—", "n/a", "na", "null", "none", "unknown", "other", "undefined", "tbd", "tba", "not specified", "k.a.", "keine angabe", "--", "andere", "autre", "autres", "altro", "otro", "...", "nan", "not available", "unspecified", "false", "true", "nc", "others", "sonstige", "overig"}  # fmt: skip
_FINER = {"kW": 0, "mm": 0, "cc": 0, "l/100 km": 0, "N m": 0, "kg": 0, "km": 0, "g/km": 0}
_A_YEAR = re.compile(
    r"per year|a year|/ ?year|p\.a\.|annual|par an\b|/an\b|pro jahr|/ ?jahr|per jaar|al año|all'anno",
    re.IGNORECASE,
)
_BUILT = re.compile(r"(?:\(|\s)((?:19|20)\d\d\s?[-–]\s?(?:19|20)\d\d)(?:\)|\s|$)")
_BARE_LITRES = re.compile(r"^(\d[.,]\d)(?!\d)\s*(?:(?:v\d+|[ilr]\d|\d?\dv|td?|turbo|tdi|t?f?si|tdci|dci|hdi|cdi|crdi)\b.*)$", re.IGNORECASE)  # fmt: skip
_A_CLASS = re.compile(r"\b\d+0\s*(?:-|–|to)\s*\d+9\b")  # "200 - 299 HP": a filter's step
_CLOSE = 0.03  # the same figure in two units differs by rounding: 140 kW and 190 PS
_COARSE = {"displacement": 0.06}  # 1995 cc and 2.0 l


@dataclass
class _Reading:
    """What is known of one page while its fields are read."""

    raw: RawCar
    country: str
    decimal: str
    values: dict[str, Value] = field(default_factory=dict)
    unparsed: list[Unparsed] = field(default_factory=list)

    def refuse(self, said: RawField, reason: str) -> None:
        self.unparsed.append(Unparsed(said.key, said.label, said.text, reason))

    def of(self, key: str) -> list[RawField]:
        return [f for f in self.raw.fields if f.key == key and not _says_nothing(f.text)]


def _says_nothing(text: str) -> bool:
    said = text.strip().casefold()
    return said in _NOTHING or said.startswith(
        ("select ", "choose ", "any ", "all makes", "all models", "all years")
    )


def normalise(raw: RawCar) -> Car:
    """The car in typed values. Of several statements for a key, the first that parses is believed."""
    where = country(raw.url, raw.language)
    reading = _Reading(raw, where, decimal_mark(raw.language, where))
    _prices(reading)
    for key, kind in KEYS.items():
        if kind.kind == "number":
            _number(reading, key)
        elif kind.kind == "words":
            _words(reading, key)
    _from_engine(reading)
    _gears_into_transmission(reading)
    make, model, trim, spoken = _names(reading)
    body = reading.values.pop("body_style", None)
    span = _years(reading, spoken)
    reading.unparsed += [Unparsed("", f.label, f.text, "label not known") for f in raw.fields if not f.key]
    return Car(
        source=raw.source,
        url=raw.url,
        record=raw.record,
        make=make,
        model=model,
        trim=trim,
        body_style=body.text if body else "",
        years=span,
        values=tuple(reading.values.values()),
        unparsed=tuple(reading.unparsed),
        photos=raw.photos,
    )


def _names(reading: _Reading) -> tuple[str, str, str, names.Title]:
    """Make, model and trim as stated, else out of titles; every choice leaves the statement among the
    values.
    """
    titles = [(f, names.title(f.text)) for f in reading.of("name")]
    makes = [f for f in reading.of("make") if not f.text.isdigit()]
    stated = next((f for f in makes if names.make_of(f.text)), None)
    spoken = next((title for _, title in titles if title.make), names.Title())
    if not stated and not spoken.make:
        stated = next(iter(makes), None)
    make = (names.make_of(stated.text) or names.tidy(stated.text)) if stated else spoken.make
    titles = [(f, title) for f, title in titles if title.make == make]
    whole = next((title for _, title in titles if title.model), names.Title())
    said_models = [f for f in reading.of("model") if not _is_year(f.text, make)]
    said_model = next((f for f in said_models if not _is_version(f.text, make)), None)
    if not said_model and not whole.model:
        said_model = next(iter(said_models), None)
    model, trim = names.split_model(make, said_model.text) if said_model else (whole.model, whole.trim)
    if names.make_of(model) == make or (whole.model and _is_code(make, model, titles)):
        model, trim, said_model = whole.model, whole.trim, None
    elif not trim and squash(model) == squash(whole.model):
        trim = whole.trim
    said_trim = next((f for f in (*reading.of("trim"), *said_models[:1]) if _is_trim(f, make)), None)
    if said_trim:
        trim = " ".join(said_trim.text.split())[:80]
    source = next((f for f, title in titles if title.make), None)
    for key, text, said in (("make", make, stated), ("model", model, said_model), ("trim", trim, said_trim)):
        if text and (origin := said or source):
            reading.values[key] = Value(key, origin.text, origin.label, text=text)
    return make, model, trim, next((title for _, title in titles if title.year), spoken)


def _is_code(make: str, model: str, titles: list[tuple[RawField, names.Title]]) -> bool:
    """Whether a "model" is its maker's code ("J1"): no title of the page says it, but they name a known
    one.
    """
    key = squash(model)
    return key not in names.models(make) and not any(key in squash(f.text) for f, _ in titles)


def _is_year(text: str, make: str) -> bool:
    """Whether a "model" is a model year: some sites label it so. A Peugeot 2008 is none."""
    return bool(re.fullmatch(r"(?:19|20)\d\d", text.strip())) and squash(text) not in names.models(make)


def _is_version(text: str, make: str) -> bool:
    """Whether a "model" is a version of one: it begins with the size of its engine."""
    said = names.split_model(make, text)[0]  # "Hyundai 2.0 GLS" repeats the make
    return bool(re.match(r"\d[.,]\d\s\S", said)) and squash(said) not in names.models(make)


def _is_trim(said: RawField, make: str) -> bool:
    return said.key == "trim" or _is_version(said.text, make)


def _years(reading: _Reading, spoken: names.Title) -> tuple[int, int] | None:
    """The model year; else the year of a title; else the year of first registration, which its label
    tells.
    """
    for key in ("year", "first_registration"):
        for said in reading.of(key):
            if not said.label and spoken.year and str(spoken.year) not in said.text:
                reading.refuse(said, "the title says otherwise")
                continue
            if span := years(said.text):
                if key == "first_registration" and spoken.year and 0 <= span[0] - spoken.year <= 2:
                    span = (spoken.year, spoken.year)
                low, high = span
                reading.values["year"] = Value("year", said.text, said.label, low=low, high=high)
                return span
            reading.refuse(said, "no year")
        if key == "year" and spoken.year and not reading.of("first_registration"):
            break
    if spoken.year:
        origin = next(f for f in reading.of("name") if names.title(f.text).year == spoken.year)
        reading.values["year"] = Value("year", origin.text, origin.label, low=spoken.year, high=spoken.year)
        return spoken.year, spoken.year
    for said in reading.of("name"):
        if (built := _BUILT.search(said.text)) and (span := years(built[1])):
            reading.values["year"] = Value("year", said.text, said.label, low=span[0], high=span[1])
            return span
    return None


def _prices(reading: _Reading) -> None:
    stated = next((iso(f.text) for f in reading.of("currency") if iso(f.text)), "")
    for said in reading.of("price"):
        if "price" in reading.values:
            return
        found = money(said.text, decimal=reading.decimal, country=reading.country, tag=reading.raw.language, currency=said.unit or stated)  # fmt: skip
        if isinstance(found, Money):
            is_silent = not said.unit and not has_sign(said.text) and reading.country not in PRICED_ABROAD
            own = CURRENCIES.get(reading.country, "") if is_silent else ""
            currency = found.currency or own
            reading.values["price"] = Value("price", said.text, said.label, low=found.low, high=found.high, currency=currency)  # fmt: skip
        else:
            reading.refuse(said, found)


def _number(reading: _Reading, key: str) -> None:
    for said in reading.of(key):
        if key == "mileage" and _A_YEAR.search(said.text):
            reading.refuse(said, "a distance a year")
            continue
        unit = said.unit or (_engine_size_unit(said.text) if key == "displacement" else "")
        found = figures(said.text, key, decimal=reading.decimal, unit=unit, country=reading.country)
        if not found and key == "mileage" and not said.unit:
            found = figures(
                said.text, key, decimal=reading.decimal, unit=_odometer(reading), country=reading.country
            )
        chosen = _one(found, key, several="\n" in said.text)
        if chosen is None:
            reading.refuse(said, "several figures" if found else "no figure in a known unit")
            continue
        if _A_CLASS.search(said.text):
            reading.refuse(said, "a class of figures")
            continue
        if key == "mileage" and chosen.high < 100e3 and _contradicted(reading, said):
            reading.refuse(said, "a placeholder: another statement of the page is larger")
            continue
        if key in ("power", "displacement"):
            origin, chosen = _finest(reading, said, chosen)
        else:
            origin = said
        reading.values[key] = Value(
            key, origin.text, origin.label, low=chosen.low, high=chosen.high, unit=chosen.unit
        )
        return


def _engine_size_unit(text: str) -> str:
    """What a bare engine size counts in: 1998 can only be cm³, 2.0 only litres."""
    if re.fullmatch(r"\d{3,4}", text.strip()):
        return "cc"
    return "l" if re.fullmatch(r"\d[.,]\d", text.strip()) else ""


def _finest(reading: _Reading, said: RawField, chosen: Measured) -> tuple[RawField, Measured]:
    """The same figure in a finer unit, where another statement has it: sites call 150 PS "BHP", but mean 110
    kW.
    """
    for other in reading.of(said.key):
        found = figures(
            other.text, said.key, decimal=reading.decimal, unit=other.unit, country=reading.country
        )
        finer = _one(found, said.key, several=False)
        if (
            finer
            and _FINER.get(finer.unit, 1) < _FINER.get(chosen.unit, 1)
            and _one([chosen, finer], said.key, several=False)
        ):
            return other, finer
    return said, chosen


def _odometer(reading: _Reading) -> str:
    """What an odometer without a unit counts in: known by the money of the page, else by its country."""
    price = reading.values.get("price")
    for place, currency in CURRENCIES.items():
        if price and price.currency == currency:
            return odometer_unit(place)
    return "km" if price and price.currency == "EUR" else odometer_unit(reading.country)


def _contradicted(reading: _Reading, said: RawField) -> bool:
    """Templates put 0 or 1 into structured data: another statement on the page, with its unit, says more."""
    others = [f for f in reading.of("mileage") if f is not said]
    found = [m for f in others for m in figures(f.text, "mileage", decimal=reading.decimal, unit=f.unit)]
    return any(measured.low >= 500e3 for measured in found)


def _one(found: list[Measured], key: str, *, several: bool) -> Measured | None:
    """The one figure that all agree on, in the finest unit; a range where the text lists alternatives by
    line.
    """
    if not found:
        return None
    close = _COARSE.get(key, _CLOSE)
    best = min(found, key=lambda m: _FINER.get(m.unit, 1))
    if all(
        abs(m.low - best.low) <= close * best.low and abs(m.high - best.high) <= close * best.high
        for m in found
    ):
        return best
    if several:
        same = [m for m in found if m.unit == best.unit]
        return Measured(min(m.low for m in same), max(m.high for m in same), best.unit)
    return None


_READERS = {"fuel": words.fuel, "transmission": words.transmission, "drive": words.drive, "body_style": words.body_style, "condition": words.condition}  # fmt: skip


# Labels that sites use for either: "Antriebsart" is a fuel here and the driven wheels there.
_MIXED = {"drive": ("fuel", "transmission"), "fuel": ("drive",)}


def _words(reading: _Reading, key: str) -> None:
    for said in reading.of(key):
        if key == "aspiration":
            text = words.aspiration(said.text)
        elif key in _READERS:
            text = _READERS[key](said.text, reading.raw.language)
        else:
            text = " ".join(said.text.split())
        if text:
            reading.values[key] = Value(key, said.text, said.label, text=text)
            return
        reading.refuse(said, "no known word")
    for said in [f for other in _MIXED.get(key, ()) for f in reading.of(other)]:
        if text := _READERS[key](said.text, reading.raw.language):
            reading.values[key] = Value(key, said.text, said.label, text=text)
            return


def _from_engine(reading: _Reading) -> None:
    """A description of the engine fills what nothing else states, where it has the unit or the word
    itself.
    """
    for said in reading.of("engine"):
        for key in ("displacement", "power", "torque"):
            found = figures(said.text, key, decimal=reading.decimal, country=reading.country)
            if not found and key == "displacement" and (litres := _bare_litres(said.text, reading)):
                found = figures(f"{litres} l", key, decimal=reading.decimal)
            chosen = _one(found, key, several="\n" in said.text)
            if key not in reading.values and chosen:
                reading.values[key] = Value(
                    key, said.text, said.label, low=chosen.low, high=chosen.high, unit=chosen.unit
                )
        if "fuel" not in reading.values and (fuel := words.fuel(said.text, reading.raw.language)):
            reading.values["fuel"] = Value("fuel", said.text, said.label, text=fuel)


def _bare_litres(text: str, reading: _Reading) -> str:
    """The litres at the start of an engine's description that leaves their unit out: "2.0 TSI", "2.0
    Diesel".
    """
    size, _, rest = text.strip().partition(" ")
    if len(re.findall(r"\d[.,]\d", text)) != 1:
        return ""
    if match := _BARE_LITRES.match(text.strip()):
        return match[1]
    is_size = re.fullmatch(r"[0-8][.,]\d", size)
    return size if is_size and len(rest.split()) == 1 and words.fuel(rest, reading.raw.language) else ""


def _gears_into_transmission(reading: _Reading) -> None:
    """ "Manual" and "6 gears", stated apart, are one fact of the catalogue."""
    gears, box = reading.values.pop("gears", None), reading.values.get("transmission")
    if (
        gears
        and box
        and gears.low == gears.high
        and box.text in ("Manual", "Automatic", "Dual clutch", "Automated manual")
    ):
        count = f"{gears.low:.0f}"
        if count != "1":
            reading.values["transmission"] = Value(
                "transmission", f"{box.raw}; {gears.raw}", box.label, text=f"{box.text}, {count} gears"
            )
