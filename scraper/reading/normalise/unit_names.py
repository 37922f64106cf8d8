"""Names of units: what pages write, what pint calls it, what is stored."""

from __future__ import annotations

#: The name in `catalog.specs.units` (or the nearest to it) → pint's expression for it.
PINT = {
    "km": "kilometer",
    "mi": "mile",
    "mil": "10 * kilometer",
    "m": "meter",
    "cm": "centimeter",
    "mm": "millimeter",
    "in": "inch",
    "ft": "foot",
    "kW": "kilowatt",
    "W": "watt",
    "hp": "horsepower",
    "bhp": "horsepower",
    "PS": "metric_horsepower",
    "N m": "newton * meter",
    "lb ft": "foot * force_pound",
    "kgf m": "kilogram_force * meter",
    "l": "liter",
    "cc": "centimeter ** 3",
    "cu in": "inch ** 3",
    "kg": "kilogram",
    "lb": "pound",
    "t": "metric_ton",
    "l/100 km": "liter / (100 * kilometer)",
    "km/l": "kilometer / liter",
    "mpg": "mile / gallon",
    "mpg (UK)": "mile / imperial_gallon",
    "kWh/100 km": "kilowatt_hour / (100 * kilometer)",
    "kWh/100 mi": "kilowatt_hour / (100 * mile)",
    "Wh/km": "watt_hour / kilometer",
    "mi/kWh": "mile / kilowatt_hour",
    "km/kWh": "kilometer / kilowatt_hour",
    "g/km": "gram / kilometer",
    "g/mi": "gram / mile",
}
#: Stored unit → pint's expression for it.
STORED = {
    "m": "meter",
    "m3": "meter ** 3",
    "W": "watt",
    "N m": "newton * meter",
    "kg": "kilogram",
    "m3/m": "meter ** 3 / meter",
    "J/m": "joule / meter",
    "kg/m": "kilogram / meter",
}
_SPOKEN = {
    "km": (
        "km kms χλμ χλμ. kilometer kilometers kilometre kilometres kilometros chilometri kilometri "
        "kilometern kilometres किमी kmt किलोमीटर км км. ks"
    ),
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
    "lb ft": (
        "lb-ft lb.-ft. lb·ft lbft lb.ft ft-lb ft-lbs ft.-lb. lbs-ft ft·lb ft⋅lb lb⋅ft lb-ft. lbf·ft lbs.-ft."
    ),
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
#: What pages write, as `fold` writes it → the unit that is meant. "kgm" is a code for kilograms.
SPOKEN = {word: unit for unit, words in _SPOKEN.items() for word in words.split()} | {"kgm": "kg"}
#: Words that mean another unit beside a key: "KM" is horsepower in Polish.
BY_KEY = {("power", "km"): "PS", ("torque", "kgm"): "kgf m", ("mass", "kgm"): "kg"}
#: Units that are written with spaces → the same in one word. The order counts: longer ones come first.
SPACED = {
    "lb ft": "lb-ft", "lb.-ft": "lb-ft", "ft lb": "ft-lb", "lbs ft": "lb-ft", "lbs.-ft": "lb-ft",
    "pound feet": "lb-ft", "pound-feet": "lb-ft", "cu in": "cu-in", "cu. in": "cu-in",
    "cubic inches": "cu-in", "cubic inch": "cu-in", "metric hp": "ps", "cai putere": "ps", "c.v.": "cv",
    "c.p.": "cp", "mpg uk": "mpg-uk", "mpg (uk)": "mpg-uk", "mpg imp": "mpg-uk", "imp mpg": "mpg-uk",
    "cubic centimeters": "cc", "cubic centimetres": "cc", "cm 3": "cm3", "l / 100": "l/100",
    "l /100": "l/100", "100 km": "100km", "100 mi": "100mi", "n m": "nm", "sae hp": "hp", "g / km": "g/km",
    "g co2/km": "g/km", "km / l": "km/l", "kwh / 100": "kwh/100", "miles per gallon": "mpg",
    "brake horsepower": "bhp", "litres per 100": "l/100", "kmpl (arai)": "kmpl", "m.p.g": "mpg",
}  # fmt: skip
