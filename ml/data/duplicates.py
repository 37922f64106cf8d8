"""Near duplicates: photos whose difference hashes (Krawetz, 2013) differ in few bits.

Splits keep them together.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from ml.data.photo_table import Photo
from ml.data.photos import Source, as_stream, open_photo
from ml.exceptions import DataError, PhotoError

#: Bits of 64 in which near duplicates differ at most.
DISTANCE = 4


def dhash(source: Source, side: int = 8) -> int:
    """Difference hash of a photo, `side * side` bits: which pixels of a tiny copy are darker than the next.

    Copies that were scaled or compressed anew differ in few bits. Raises DataError where the photo can't be
    decoded.
    """
    try:
        with _opened(source, side * 4) as image:
            small = image.convert("L").resize((side + 1, side), Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, PhotoError) as error:
        named = source if isinstance(source, str | Path) else "This"
        raise DataError(f"{named} is not a photo that can be read. Remove it or repair it.") from error
    grey = np.asarray(small, dtype=np.int16)
    bits = (grey[:, 1:] > grey[:, :-1]).flatten()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _opened(source: Source, side: int) -> Image.Image:
    """Grey and as small as it comes, where Pillow alone can do that; else as all photos are opened."""
    try:
        image: Image.Image = Image.open(as_stream(source), formats=("JPEG", "PNG", "WEBP"))
        image.draft("L", (side, side))
        image.load()
    except (OSError, ValueError, SyntaxError):
        if hasattr(source, "seek"):
            source.seek(0)
        return open_photo(source, short_side=side)
    return image


class _Hashes:
    """Hashes by number, of which those near to another are found without comparing all.

    Two that differ in at most `distance` bits agree in at least one of `distance + 1` bands of bits (Manku et
    al., 2007), so only those that share a band are compared.
    """

    def __init__(self, distance: int) -> None:
        self._distance = distance
        self._bands = _bands(distance + 1)
        self._seen: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._values: list[int] = []

    def append(self, value: int) -> None:
        """Keep a hash under the next number."""
        for band, mask in enumerate(self._bands):
            self._seen[band, value & mask].append(len(self._values))
        self._values.append(value)

    def near(self, value: int) -> list[tuple[int, int]]:
        """(bits in which they differ, number) of the hashes that are near, the nearest first."""
        shared = {
            i for band, mask in enumerate(self._bands) for i in self._seen.get((band, value & mask), ())
        }
        pairs = (((value ^ self._values[i]).bit_count(), i) for i in shared)
        return sorted(pair for pair in pairs if pair[0] <= self._distance)


def group_near_duplicates(photos: Sequence[Photo], *, distance: int = DISTANCE) -> list[list[Photo]]:
    """Photos whose hashes differ in at most `distance` of 64 bits, grouped, also those of different classes.

    Groups that a photo connects become one, so members of a group may differ in more. Raises DataError as
    `dhash` does.
    """
    hashes, group_of, groups = _Hashes(distance), list[int](), dict[int, list[int]]()
    for number, photo in enumerate(photos):
        value = dhash(photo.path)
        joined = sorted({group_of[other] for _, other in hashes.near(value)}) or [number]
        members = [member for group in joined for member in groups.pop(group, [])] + [number]
        groups[joined[0]] = members
        group_of.append(joined[0])
        for member in members:
            group_of[member] = joined[0]
        hashes.append(value)
    return [[photos[member] for member in groups[first]] for first in sorted(groups)]


def make_split(photos: Sequence[Photo], *, share: float, seed: int, distance: int = DISTANCE) -> list[str]:
    """Names of a stratified validation split, sorted: of each class `share` of its photos, at least one.

    Near duplicates, up to `distance` bits of their hashes, stay on one side: no validation photo has a twin
    in training. Those that bear different classes are learned from, as they can judge nobody; only where a
    class has no others are they held back. Raises DataError as `dhash` does.
    """
    pure: dict[int, list[list[Photo]]] = defaultdict(list)
    mixed: dict[int, list[list[Photo]]] = defaultdict(list)
    for group in group_near_duplicates(photos, distance=distance):
        labels = {photo.label for photo in group}
        for label in labels:
            (pure if len(labels) == 1 else mixed)[label].append(group)
    chosen: set[str] = set()
    for label in sorted({*pure, *mixed}):
        own = pure[label] or mixed[label]
        chosen |= _share_of(own, share, random.Random(f"{seed}:{label}"))
    return sorted(chosen)


def _share_of(groups: list[list[Photo]], share: float, chance: random.Random) -> set[str]:
    """The names of whole groups, about `share` of their photos, at least one group."""
    chance.shuffle(groups)
    wanted = max(1, round(share * sum(map(len, groups))))
    chosen: set[str] = set()
    for group in groups:
        if not chosen or len(chosen) + len(group) <= wanted:
            chosen |= {photo.name for photo in group}
    return chosen


class Leak(NamedTuple):
    """A validation photo and the training photo that it nearly is; `distance` in bits of 64."""

    validation: Photo
    training: Photo
    distance: int


def find_leaks(
    training: Sequence[Photo], validation: Sequence[Photo], *, distance: int = DISTANCE
) -> list[Leak]:
    """For each validation photo with a near duplicate in training, of any class, the nearest one.

    Raises DataError as `dhash` does.
    """
    hashes = _Hashes(distance)
    for photo in training:
        hashes.append(dhash(photo.path))
    leaks = []
    for photo in validation:
        for bits, index in hashes.near(dhash(photo.path))[:1]:
            leaks.append(Leak(photo, training[index], bits))
    return leaks


def _bands(count: int) -> list[int]:
    """Masks that cut 64 bits into `count` bands."""
    edges = [64 * i // count for i in range(count + 1)]
    return [(1 << high) - (1 << low) for low, high in itertools.pairwise(edges)]
