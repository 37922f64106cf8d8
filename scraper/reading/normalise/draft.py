"""A car while its statements are turned into typed values."""

from __future__ import annotations

from dataclasses import dataclass, field

from scraper.reading.cars import RawCar, RawField, Unparsed, Value
from scraper.reading.normalise.locale_hints import country, decimal_mark

# What pages write where they have nothing to say.
_NOTHING = {
    "", "-", "–", "—", "--", "...", "n/a", "na", "nan", "nc", "null", "none", "unknown", "undefined",
    "unspecified", "not specified", "not available", "tbd", "tba", "false", "true", "other", "others", "k.a.",
    "keine angabe", "andere", "sonstige", "autre", "autres", "altro", "otro", "overig",
}  # fmt: skip
_PROMPTS = ("select ", "choose ", "any ", "all makes", "all models", "all years")


@dataclass
class Draft:
    """What is known of a car so far: a value for each key, and the statements that gave none."""

    raw: RawCar
    country: str
    decimal: str
    values: dict[str, Value] = field(default_factory=dict)
    unparsed: list[Unparsed] = field(default_factory=list)

    @classmethod
    def of(cls, raw: RawCar) -> Draft:
        """A draft without values, for the page's country and decimal mark."""
        where = country(raw.url, raw.language)
        return cls(raw, where, decimal_mark(raw.language, where))

    def stated(self, key: str) -> list[RawField]:
        """The statements for a key that say something, the most believed first."""
        return [one for one in self.raw.fields if one.key == key and not _says_nothing(one.text)]

    def refuse(self, said: RawField, reason: str) -> None:
        """Keep a statement that gave no value, with the reason in words."""
        self.unparsed.append(Unparsed(said.key, said.label, said.text, reason))

    def keep_text(self, key: str, said: RawField, text: str) -> None:
        self.values[key] = Value(key, said.text, said.label, text=text)

    def keep_range(self, key: str, said: RawField, low: float, high: float, unit: str = "") -> None:
        """Keep a range in the stored unit of the key; `unit` is the one that it was stated in."""
        self.values[key] = Value(key, said.text, said.label, low=low, high=high, unit=unit)


def _says_nothing(text: str) -> bool:
    said = text.strip().casefold()
    return said in _NOTHING or said.startswith(_PROMPTS)
