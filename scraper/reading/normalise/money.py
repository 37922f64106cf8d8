"""Money as pages write it: "€ 34.990", "Rs. 46.02 Lakh", "CHF 12'500.-", "£11,935", "24.900 EUR (brutto)"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from price_parser import Price

from scraper.reading.normalise.currencies import CURRENCIES, SHARED_SIGNS, SIGNS
from scraper.reading.normalise.numbers import NUMBER, meanings
from scraper.reading.vocabulary import KEYS, fold, has_phrase

_SCALES = {
    "lakh": 1e5,
    "lakhs": 1e5,
    "lac": 1e5,
    "lacs": 1e5,
    "l": 1e5,
    "crore": 1e7,
    "crores": 1e7,
    "cr": 1e7,
    "लाख": 1e5,
    "करोड": 1e7,
    "करोड़": 1e7,
    "tkr": 1e3,
}
_AMOUNT = re.compile(
    rf"(?P<low>{NUMBER})(?:\s*(?P<scale1>lakhs?|lacs?|crores?|cr|l)\b\.?)?"
    rf"(?:\s*(?:-|–|—|to|bis)\s*\D{{0,6}}?(?P<high>{NUMBER}))?"
    r"\s*(?P<scale>lakhs?|lacs?|crores?|cr\b|l\b|लाख|करोड़?|tkr)?"
)


def _sign_alone(sign: str) -> str:
    """A pattern of a sign; one of letters counts as a separate word only."""
    return rf"(?<![^\W\d_]){re.escape(sign)}(?![^\W\d_])" if sign.isalpha() else re.escape(sign)


_LONGEST_FIRST = sorted({*SIGNS, *SHARED_SIGNS}, key=len, reverse=True)
_SIGN = re.compile("|".join(map(_sign_alone, _LONGEST_FIRST)))
_NOISE = re.compile(r"\b\d+(?:[.,]\d+)?\s*%|\b(?:mwst|tva|vat|iva|btw|ust)\b")
_INDIAN = re.compile(r"\b(?:lakhs?|crores?)\b")


@dataclass(frozen=True)
class Money:
    """An amount, or a range of them, with its ISO 4217 currency; empty where the page doesn't say which."""

    low: float
    high: float
    currency: str


def money(text: str, *, decimal: str, country: str, tag: str, currency: str = "") -> Money | str:
    """The price that a text states, or why it states none: monthly, on request, several amounts."""
    said = fold(_NOISE.sub(" ", fold(text)))
    if has_phrase("monthly", said, tag):
        return "a rate, not a price"
    is_only = len(re.findall(NUMBER, said)) == 1
    amounts = [match for match in _AMOUNT.finditer(said) if is_only or _near_money(said, match)]
    if not amounts:
        return "on request" if has_phrase("on_request", said, tag) else "no amount"
    found = list(dict.fromkeys(pair for match in amounts if (pair := _amount(match, decimal))))
    if len(found) != 1:
        return "several amounts" if found else "not plausible as a price"
    return Money(*found[0], sign(said, country, tag) or iso(currency))


def has_sign(text: str) -> bool:
    """Whether a text says whose money it is, even where that isn't known."""
    return bool(_SIGN.search(fold(text)))


def iso(said: str) -> str:
    """An ISO 4217 code, where the text is one or a sign that only one country uses."""
    word = fold(said)
    return SIGNS.get(word, said.strip().upper() if re.fullmatch(r"[A-Za-z]{3}", said.strip()) else "")


def sign(text: str, country: str, tag: str) -> str:
    """The currency whose sign stands in a text; a sign that countries share means the page's own."""
    for found in _SIGN.finditer(fold(text)):
        if currency := SIGNS.get(found[0]) or _shared(found[0], country, tag, fold(text)):
            return currency
    named = Price.fromstring(text).currency or ""
    return named if re.fullmatch(r"[A-Z]{3}", named) else ""


def _shared(symbol: str, country: str, tag: str, said: str) -> str:
    own = CURRENCIES.get(country, "")
    if own and own in SHARED_SIGNS[symbol]:
        return own
    if symbol.startswith("rs"):
        return (
            "INR" if tag.lower() in ("en-in", "hi", "hi-in") or (not country and _INDIAN.search(said)) else ""
        )
    # A country whose own money has another sign means the American dollar.
    return SHARED_SIGNS[symbol][0]


def _near_money(said: str, match: re.Match[str]) -> bool:
    """Whether a currency or a scale is beside a number."""
    around = said[max(0, match.start() - 5) : match.start()] + " " + said[match.end() : match.end() + 6]
    return bool(_SIGN.search(around) or match["scale"])


def _amount(match: re.Match[str], decimal: str) -> tuple[float, float] | None:
    scale = _SCALES.get((match["scale"] or match["scale1"] or "").strip(), 1.0)
    first = _SCALES.get((match["scale1"] or "").strip(), scale)
    low = _plausible(match["low"], first, decimal)
    high = _plausible(match["high"], scale, decimal) if match["high"] else low
    return (min(low, high), max(low, high)) if low is not None and high is not None else None


def _plausible(digits: str, scale: float, decimal: str) -> float | None:
    """Prices of cars group thousands and have two decimals or none: "34.990" is never thirty-five."""
    kind = KEYS["price"]
    for meaning in meanings(digits, decimal if scale > 1 else ""):
        value = round(meaning * scale, 2)
        if kind.low <= value <= kind.high:
            return value
    return None
