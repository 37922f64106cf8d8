"""Which of a page's labelled values belong together, and which group of them describes the page's car."""

from __future__ import annotations

from dataclasses import dataclass

from scraper.reading.cars import RawField
from scraper.reading.extract.pairs import Pair
from scraper.reading.normalise import words
from scraper.reading.vocabulary import fold

# Keys that have several labels on the page of one car: another car begins where the same label comes back.
_BY_LABEL = {"price", "power", "displacement", "year", "model"}
_BY_MEANING = {"fuel", "transmission"}
# Words that two texts can share without saying the same.
_SHARED_BY_ALL = {"km", "miles", "mi", "speed", "-", "and", "&"}
# Keys that make a group of pairs a description of a car.
_TELLING = {
    "mileage", "fuel", "transmission", "power", "displacement", "year", "first_registration", "body_style",
    "drive", "price", "model", "make", "engine", "doors", "torque", "cylinders",
}  # fmt: skip
_FEWEST_TELLING = 2
# So many groups, each with so many telling keys and this share of the best one's, are several cars.
_CARS_OF_A_LIST, _TELLING_OF_A_CAR, _SHARE_OF_THE_BEST = 3, 3, 0.75


@dataclass(frozen=True)
class Group:
    """Pairs that describe one car."""

    pairs: tuple[Pair, ...]

    @property
    def telling(self) -> set[str]:
        """The keys that tell of a car."""
        return {pair.label.key for pair in self.pairs} & _TELLING


def groups(found: list[Pair], tag: str) -> list[Group]:
    """Pairs cut where a telling key comes back with another text: there another car begins."""
    cut: list[list[Pair]] = [[]]
    by_key: dict[str, str] = {}
    by_label: dict[str, str] = {}
    for pair in found:
        if _begins_another_car(pair, by_key, by_label, tag):
            cut.append([])
            by_key, by_label = {}, {}
        text = fold(pair.text)
        by_key.setdefault(pair.label.key, text)
        by_label.setdefault(fold(pair.said), text)
        cut[-1].append(pair)
    return [Group(tuple(part)) for part in cut if part]


def _begins_another_car(pair: Pair, by_key: dict[str, str], by_label: dict[str, str], tag: str) -> bool:
    """Whether a pair contradicts what was said of a car before.

    The dictionaries hold the first text of each key and of each label.
    """
    key, text, said = pair.label.key, fold(pair.text), fold(pair.said)
    if key in _BY_LABEL:
        return said in by_label and not _is_same(by_label[said], text)
    if key not in by_key or (key in _BY_MEANING and said not in by_label):
        return False
    return _is_another(key, by_key[key], text, tag)


def _is_another(key: str, one: str, other: str, tag: str) -> bool:
    """Whether a second text for a key is about another car.

    Words are compared by meaning: a gearbox has many names.
    """
    if key in _BY_MEANING:
        meaning = words.fuel if key == "fuel" else words.transmission
        meant = [meaning(text, tag).split(",")[0] for text in (one, other)]
        return all(meant) and meant[0] != meant[1] and not _is_same(one, other)
    return key == "mileage" and not _is_same(one, other)


def _is_same(one: str, other: str) -> bool:
    """Whether two texts say the same.

    "2017" and "03/2017", "Diesel" and "Diesel (Euro 6)", "Manual" and "6-speed manual" do.
    """
    if one in other or other in one:
        return True
    digits = ["".join(c for c in text if c.isdigit()) for text in (one, other)]
    if digits[0] and digits[0] == digits[1]:
        return True
    return bool(set(one.split()) & set(other.split()) - _SHARED_BY_ALL)


def described(found: list[Group]) -> tuple[Group | None, bool]:
    """The group that describes the page's car, and whether several cars are described about equally."""
    weights = [len(group.telling) for group in found]
    most = max(weights, default=0)
    if most < _FEWEST_TELLING:
        return (found[0] if found else None), False
    least = max(_SHARE_OF_THE_BEST * most, _TELLING_OF_A_CAR)
    equal = [group for group, weight in zip(found, weights, strict=True) if weight >= least]
    if len(equal) >= _CARS_OF_A_LIST:
        return None, True
    return (equal[0] if equal else found[weights.index(most)]), False


def ordered(group: Group) -> list[RawField]:
    """The fields of a group, believed labels of each key first."""
    return [pair.field() for pair in sorted(group.pairs, key=lambda p: (p.label.key, p.label.rank))]
