"""Whether what sources say can be true of one car together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from catalog.models import Spec
from catalog.specs.vocabulary import SEPARATOR

#: Figures that are nearer than this are taken for one, rounded differently.
AGREEMENT = 0.02
#: Each source has classes of its own: "compact" of one and "midsize" of another are no contradiction.
OWN_CLASSES = {"size_class", "offered_as"}


def contradict(one: Spec, other: Spec) -> bool:
    """Whether both can't be true: ranges that don't meet, words that have none in common.

    Prices in different currencies, and facts of different model years, say nothing about each other.
    """
    if (one.currency, one.model_year) != (other.currency, other.model_year) or one.key in OWN_CLASSES:
        return False
    if one.low is None or other.low is None:
        return bool(one.text and other.text) and not _share_a_word(one, other)
    one_high = one.low if one.high is None else one.high
    other_high = other.low if other.high is None else other.high
    margin = AGREEMENT * max(abs(one_high), abs(other_high))
    return one.low > other_high + margin or other.low > one_high + margin


def _share_a_word(one: Spec, other: Spec) -> bool:
    """Of fuels whole words count; elsewhere "Automatic" is said by "Automatic, 6 gears" too."""
    ones, others = ([word.casefold() for word in spec.text.split(SEPARATOR)] for spec in (one, other))
    if one.key == "fuel":
        return bool(set(ones) & set(others))
    return any(word in longer or longer in word for word in ones for longer in others)


def any_contradict(specs: Sequence[Spec]) -> bool:
    """Whether any two of them do."""
    return any(contradict(one, other) for one, other in combinations(specs, 2))
