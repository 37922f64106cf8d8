"""Price, currency and condition of the offers that hang at a node, or that it hangs at."""

from __future__ import annotations

import re

from scraper.reading.cars import RawField
from scraper.reading.extract.nodes import Node, kinds, nodes_in, text_of, values
from scraper.reading.extract.shown import whole_digits

_OFFERS = {"offer", "offerforpurchase"}
_PER = re.compile(r"^(?:mon|month|p1m|ann|week|wee|p1w)$", re.IGNORECASE)
_NAMES_OF_A_PERIOD = ("unitCode", "unitText", "billingDuration", "billingIncrement")
# Structured numbers have a decimal point, but "24.500" is a template's grouped number.
_CENTS = re.compile(r"^(\d+)\.(?:\d{1,2}|0+)$")
_MOST_OFFERS = 50


def offer_fields(node: Node, around: tuple[Node, ...]) -> list[RawField]:
    """What the offers of a node state, wherever they hang; no price where they disagree on it."""
    said = [one for offer in _offers(node, around) for one in _stated(offer)]
    amounts = {whole_digits(one.text) for one in said if one.key == "price"}
    return said if len(amounts) <= 1 else [one for one in said if one.key != "price"]


def _offers(node: Node, around: tuple[Node, ...]) -> list[Node]:
    found = nodes_in(node, "offers")
    for outer in around:
        found += [outer] if kinds(outer) & _OFFERS else nodes_in(outer, "offers")
    return found[:_MOST_OFFERS]


def _stated(offer: Node) -> list[RawField]:
    """Rates, and ranges over many offers, are no prices."""
    if "offerforlease" in kinds(offer) or "LeaseOut" in text_of(offer.get("businessFunction")):
        return []
    currency = text_of(offer.get("priceCurrency"))
    if "aggregateoffer" in kinds(offer) and not values(offer, "price"):
        low, high = text_of(offer.get("lowPrice")), text_of(offer.get("highPrice"))
        return [RawField("price", "lowPrice", low, currency)] if low and low == high else []
    holders = (offer, *nodes_in(offer, "pricespecification"))
    prices = [price for holder in holders for price in _prices(holder, currency)]
    conditions = (text_of(condition) for condition in values(offer, "itemcondition"))
    return prices + [RawField("condition", "itemCondition", text) for text in conditions]


def _prices(holder: Node, currency: str) -> list[RawField]:
    if _is_rate(holder):
        return []
    own = text_of(holder.get("priceCurrency")) or currency
    texts = (text_of(price) for price in values(holder, "price"))
    return [
        RawField("price", "price", _CENTS.sub(r"\1", text), own)
        for text in texts
        if text and text not in ("0", "0.00")
    ]


def _is_rate(holder: Node) -> bool:
    """Whether what a node states is to be paid again and again."""
    periods = (text_of(holder.get(name)) for name in _NAMES_OF_A_PERIOD)
    return any(_PER.match(period) for period in periods) or bool(values(holder, "referencequantity"))
