"""What the description of an engine adds, and gears that are stated apart from their gearbox."""

from __future__ import annotations

import re

from scraper.reading.cars import RawField, Value
from scraper.reading.normalise import words
from scraper.reading.normalise.draft import Draft
from scraper.reading.normalise.quantities import the_one
from scraper.reading.normalise.units import Measured, figures

_BARE_LITRES = re.compile(
    r"^(\d[.,]\d)(?!\d)\s*"
    r"(?:(?:v\d+|[ilr]\d|\d?\dv|td?|turbo|tdi|t?f?si|tdci|dci|hdi|cdi|crdi)\b.*)$",
    re.IGNORECASE,
)
_WITH_GEARS = ("Manual", "Automatic", "Dual clutch", "Automated manual")


def from_engine(draft: Draft) -> None:
    """Fill gaps from a description of the engine, where it has the unit or the word itself."""
    for said in draft.stated("engine"):
        for key in ("displacement", "power", "torque"):
            chosen = the_one(_figures(draft, key, said), key, several="\n" in said.text)
            if key not in draft.values and chosen:
                draft.keep_range(key, said, chosen.low, chosen.high, chosen.unit)
        if "fuel" not in draft.values and (fuel := words.fuel(said.text, draft.raw.language)):
            draft.keep_text("fuel", said, fuel)


def _figures(draft: Draft, key: str, said: RawField) -> list[Measured]:
    found = figures(said.text, key, decimal=draft.decimal, country=draft.country)
    if not found and key == "displacement" and (litres := _bare_litres(said.text, draft.raw.language)):
        return figures(f"{litres} l", key, decimal=draft.decimal)
    return found


def _bare_litres(text: str, language: str) -> str:
    """The litres at the start of an engine's description that leaves their unit out ("2.0 TSI")."""
    size, _, rest = text.strip().partition(" ")
    if len(re.findall(r"\d[.,]\d", text)) != 1:
        return ""
    if match := _BARE_LITRES.match(text.strip()):
        return match[1]
    is_size = re.fullmatch(r"[0-8][.,]\d", size)
    return size if is_size and len(rest.split()) == 1 and words.fuel(rest, language) else ""


def gears_into_transmission(draft: Draft) -> None:
    """ "Manual" and "6 gears", stated apart, are one fact of the catalogue."""
    gears, box = draft.values.pop("gears", None), draft.values.get("transmission")
    if not gears or not box or gears.low is None or gears.low != gears.high or box.text not in _WITH_GEARS:
        return
    if (count := f"{gears.low:.0f}") != "1":
        draft.values["transmission"] = Value(
            "transmission", f"{box.raw}; {gears.raw}", box.label, text=f"{box.text}, {count} gears"
        )
