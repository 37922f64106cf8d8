"""Units as pages write them, into the unit that the vocabulary stores. Factors come from pint, once for each
unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from scraper.reading.normalise.numbers import NUMBER, readings
from scraper.reading.vocabulary import KEYS, fold

# What pages write → the name in `catalog.specs.units` (or the nearest to it) and pint's expression for it.
PINT = {
    "km": "kilometer", "mi": "mile", "mil": "10 * kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter",
    "in": "inch", "ft": "foot", "kW": "kilowatt", "W": "watt", "hp": "horsepower", "bhp": "horsepower",
    "PS": "metric_horsepower", "N m": "newton * meter", "lb ft": "foot * force_pound", "kgf m": "kilogram_force * meter",
    "l": "liter", "cc": "centimeter ** 3", "cu in": "inch ** 3", "kg": "kilogram", "lb": "pound", "t": "metric_ton",
    "l/100 km": "liter / (100 * kilometer)", "km/l": "kilometer / liter", "mpg": "mile / gallon",
    "mpg (UK)": "mile / imperial_gallon", "kWh/100 km": "kilowatt_hour / (100 * kilometer)",
    "kWh/100 mi": "kilowatt_hour / (100 * mile)", "Wh/km": "watt_hour / kilometer", "mi/kWh": "mile / kilowatt_hour",
    "km/kWh": "kilometer / kilowatt_hour", "g/km": "gram / kilometer", "g/mi": "gram / mile",
}  # fmt: skip
STORED = {
    "m": "meter", "m3": "meter ** 3", "W": "watt", "N m": "newton * meter", "kg": "kilogram",
    "m3/m": "meter ** 3 / meter", "J/m": "joule / meter", "kg/m": "kilogram / meter",
}  # fmt: skip
_SPOKEN = {
    "km": "km kms χλμ χλμ. kilometer kilometers kilometre kilometres kilometros chilometri kilometri kilometern kilometres किमी kmt किलोमीटर км км. ks",
    "mi": "mi mile miles smi mls",
    "mil": "mil",
    "m": "m mtr metre metres meter meters",
    "cm": "cm cmt",
    "mm": "mm mmt millimeter millimeters millimetres मिमी",
    "in": 'in inch inches inh " ″ in.',
    "ft": "ft feet foot",
    "kW": "kw kwt kilowatt kilowatts квт",
    "hp": "hp horsepower cai",
    "bhp": "bhp bhp. बीएचपी",
    "PS": "ps ch cv cp pk hk n12 hj л.с. л.с к.с. к.с лс ks chevaux cai-putere din le hv bg ag",
    "N m": "nm n·m n.m n-m n⋅m newton-meter nu न्यूटन एनएम",
    "lb ft": "lb-ft lb.-ft. lb·ft lbft lb.ft ft-lb ft-lbs ft.-lb. lbs-ft ft·lb ft⋅lb lb⋅ft lb-ft. lbf·ft lbs.-ft.",
    "kgf m": "kgm kgfm kgf·m kgf-m",
    "l": "l ltr liter liters litre litres litri litros litru litrov l. л л. लीटर",
    "cc": "cc ccm cm3 cm³ cmq cmc cc. सीसी ccm. cm^3 c.c. см³ см3 куб.см кубика κ.εκ.",
    "cu in": "cu.in cu-in inq cubic-inches cid ci in³",
    "kg": "kg kgm kgs किलो",
    "lb": "lb lbs lbr lbs. pounds lb.",
    "t": "t tonnes",
    "l/100 km": "l/100km l/100 lt/100km litre/100km ltr/100km l/100kms liters/100km",
    "km/l": "km/l kmpl km/litre kmpl. kml km/lt केएमपीएल kmpl(arai)",
    "mpg": "mpg",
    "mpg (UK)": "mpg(uk) mpg(imp) mpg-uk",
    "kWh/100 km": "kwh/100km kwh/100",
    "kWh/100 mi": "kwh/100mi kwh/100miles",
    "Wh/km": "wh/km",
    "mi/kWh": "mi/kwh miles/kwh mpkwh",
    "km/kWh": "km/kwh",
    "g/km": "g/km gco2/km gr/km g/km. g/kms",
    "g/mi": "g/mi g/mile",
}
# Words that only mean a unit beside this key: "KM" is horsepower in Polish, "kgm" kilograms in a code list.
_BY_KEY = {("power", "km"): "PS", ("torque", "kgm"): "kgf m", ("mass", "kgm"): "kg"}
SPOKEN = {word: unit for unit, words in _SPOKEN.items() for word in words.split()}
SPOKEN["kgm"] = "kg"
_SPACED = {
    "lb ft": "lb-ft", "lb.-ft": "lb-ft", "ft lb": "ft-lb", "lbs ft": "lb-ft", "lbs.-ft": "lb-ft", "pound feet": "lb-ft",
    "pound-feet": "lb-ft", "cu in": "cu-in", "cu. in": "cu-in", "cubic inches": "cu-in", "cubic inch": "cu-in",
    "metric hp": "ps", "cai putere": "ps", "c.v.": "cv", "c.p.": "cp", "mpg uk": "mpg-uk", "mpg (uk)": "mpg-uk",
    "mpg imp": "mpg-uk", "imp mpg": "mpg-uk", "cubic centimeters": "cc", "cubic centimetres": "cc", "cm 3": "cm3",
    "l / 100": "l/100", "l /100": "l/100", "100 km": "100km", "100 mi": "100mi", "n m": "nm", "sae hp": "hp", "g / km": "g/km",
    "g co2/km": "g/km", "km / l": "km/l", "kwh / 100": "kwh/100", "miles per gallon": "mpg", "brake horsepower": "bhp",
    "litres per 100": "l/100", "kmpl (arai)": "kmpl", "m.p.g": "mpg",
}  # fmt: skip
_TURNS = re.compile(
    r"^(?:rpm|u/min|1/min|min|tr/mn|tr/min|giri|obr|r/min|omw|toeren|valves?|cyl\w*|ventile|%)"
)
_AT_TURNS = re.compile(
    r"@\s*[\d.,]+(?:\s*[-–]\s*[\d.,]+)?\s*(?:rpm|r/min|u/min|1/min|min-1|tr/mn|tr/min|об/мин)?"
)
_TWO_UNITS = re.compile(r"(?<![\d.,])(\d+)\s*/\s*(\d+)\s*[(\[]?\s*([^\W\d]+)\s*/\s*([^\W\d]+)")
_UNIT_WORD = r"[a-z]+/100\s?[a-z]*|(?:km|mi|miles|wh|g|gr|gco2)/[a-z]+\d?|[^\s\d()\[\],;|/]+[³3]?"


@dataclass(frozen=True)
class Measured:
    """A figure with the unit that stands beside it, empty where none does."""

    low: float
    high: float
    unit: str


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)


@cache
def _factor(unit: str, stored: str) -> tuple[float, bool] | None:
    """What a figure is multiplied by, and whether its inverse is taken first; None for another quantity."""
    registry = _registry()
    source, target = registry.parse_expression(PINT[unit]) * 1.0, registry.parse_expression(STORED[stored])
    if source.dimensionality == target.dimensionality:
        return float((source / target).to_base_units().magnitude), False
    if (1 / source).dimensionality == target.dimensionality:
        return float((1 / source / target).to_base_units().magnitude), True
    return None


def convert(value: float, unit: str, stored: str) -> float | None:
    """A figure in the stored unit; None where the unit measures something else, or for 0 miles a gallon."""
    if not stored:
        return value if not unit else None
    if unit not in PINT or (found := _factor(unit, stored)) is None:
        return None
    factor, inverse = found
    if inverse:
        return factor / value if value else None
    return value * factor


def unit_named(said: str, key: str, country: str = "") -> str:
    """The unit that a word or code means beside this key; empty where it means none that fits.

    A gallon is the country's own: British and Irish pages mean the imperial one, others the American.
    """
    word = fold(said).strip(" .:*")
    for spaced, joined in _SPACED.items():
        word = word.replace(spaced, joined)
    word = word.replace(" ", "")
    unit = _BY_KEY.get((key, word)) or SPOKEN.get(word) or SPOKEN.get(word.split("@")[0].rstrip("."), "")
    if unit == "mpg" and country in ("GB", "IE"):
        return "mpg (UK)"
    stored = KEYS[key].unit
    return unit if unit and stored and _factor(unit, stored) is not None else ""


_FIGURE = re.compile(
    rf"(?<![\w.,])(?P<low>{NUMBER})(?:\s*(?:-|–|—|to|bis|a|do|tot|till|\.\.\.)\s*(?P<high>{NUMBER}))?\s*\(?(?P<unit>{_UNIT_WORD})?"
)


def figures(text: str, key: str, *, decimal: str, unit: str = "", country: str = "") -> list[Measured]:
    """All figures of a text that can be this key's, in the stored unit, each with the unit it was read in.

    `unit` is what the label or the structure says for a figure that has none beside it.
    """
    said = fold(text)
    for spaced, joined in _SPACED.items():
        if spaced in said:
            said = said.replace(spaced, joined)
    said = re.sub(r"(\d)\s*(?:''|\")", r"\1 in", said)
    if key == "mileage":
        said = re.sub(r"(?<![\d.,])(\d{1,3})\s?k\b(?=\s*(?:mi|km|$))", r"\g<1>000", said)
    said = re.sub(r"(?<=\d)-(?=[a-z])", " ", said)  # "3.8-liter"
    said = _AT_TURNS.sub(" ", said)  # "323 @ 6800": at so many turns
    if key == "power":
        said = _TWO_UNITS.sub(_each_with_its_unit, said)  # "88/120 (kW/PS)"
    kind, found = KEYS[key], []
    for match in _FIGURE.finditer(said):
        beside = match["unit"] or ""
        named = unit_named(beside, key, country) if beside else ""
        if kind.unit and not named:
            if SPOKEN.get(beside.strip(".")) or _TURNS.match(beside):
                continue  # a unit of something else: "17 km" is no litre, "4500 rpm" no power
            named = (
                unit_named(unit, key, country)
                if unit and not (beside[:1].isalpha() and key == "mileage")
                else ""
            )
            if not named:
                continue  # "12,345 cars" is no mileage, whatever its label
        lows = _stored(match["low"], named, key, decimal)
        highs = _stored(match["high"], named, key, decimal) if match["high"] else lows
        if lows is not None and highs is not None:
            found.append(Measured(min(lows, highs), max(lows, highs), named))
    return found


def _each_with_its_unit(match: re.Match[str]) -> str:
    one, other, unit, other_unit = match.groups()
    return f"{one} {unit} / {other} {other_unit}" if unit in SPOKEN and other_unit in SPOKEN else match[0]


def _stored(digits: str, unit: str, key: str, decimal: str) -> float | None:
    """The first reading of the digits that is plausible for the key."""
    kind = KEYS[key]
    # Odometers have no thousandths: "98.000 km" is one figure in every language.
    for reading in readings(digits, "" if key == "mileage" else decimal):
        value = convert(reading, unit, kind.unit)
        if value is not None and kind.low <= value <= kind.high:
            return value
    return None
