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


def group_near_duplicates(photos: Sequence[Photo], *, distance: int = DISTANCE) -> list[list[Photo]]:
    """Photos of the same class whose hashes differ in at most `distance` of 64 bits, grouped.

    Groups that a photo connects become one, so members of a group may differ in more. Raises DataError as
    `dhash` does.
    """
    by_label: dict[int, list[Photo]] = defaultdict(list)
    for photo in photos:
        by_label[photo.label].append(photo)
    groups: list[list[Photo]] = []
    for members in by_label.values():
        hashed: list[tuple[list[int], list[Photo]]] = []
        for photo in members:
            value = dhash(photo.path)
            near = [one for one in hashed if any((value ^ h).bit_count() <= distance for h in one[0])]
            hashes, group = near[0] if near else ([], [])
            if not near:
                hashed.append((hashes, group))
            hashes.append(value)
            group.append(photo)
            # A photo between two groups makes them one.
            for other in near[1:]:
                hashes += other[0]
                group += other[1]
                hashed.remove(other)
        groups += [group for _, group in hashed]
    return groups


def make_split(photos: Sequence[Photo], *, share: float, seed: int, distance: int = DISTANCE) -> list[str]:
    """Names of a stratified validation split, sorted: of each class `share` of its photos, at least one.

    Near duplicates, up to `distance` bits of their hashes, stay on one side: no validation photo has a twin
    in training. Raises DataError as `dhash` does.
    """
    by_label: dict[int, list[list[Photo]]] = defaultdict(list)
    for group in group_near_duplicates(photos, distance=distance):
        by_label[group[0].label].append(group)
    chosen: list[str] = []
    for label in sorted(by_label):
        groups = by_label[label]
        random.Random(f"{seed}:{label}").shuffle(groups)
        wanted = max(1, round(share * sum(map(len, groups))))
        taken = 0
        for group in groups:
            if taken and taken + len(group) > wanted:
                continue
            chosen += [photo.name for photo in group]
            taken += len(group)
    return sorted(chosen)


class Leak(NamedTuple):
    """A validation photo and the training photo that it nearly is; `distance` in bits of 64."""

    validation: Photo
    training: Photo
    distance: int


def find_leaks(
    training: Sequence[Photo], validation: Sequence[Photo], *, distance: int = DISTANCE
) -> list[Leak]:
    """For each validation photo with a near duplicate in training, of any class, the nearest one.

    Two hashes that differ in at most `distance` bits agree in at least one of `distance + 1` bands of bits
    (Manku et al., 2007), so only photos that share a band are compared: no square of the number of photos.
    Raises DataError as `dhash` does.
    """
    bands = _bands(distance + 1)
    seen: dict[tuple[int, int], list[int]] = defaultdict(list)
    hashes = [dhash(photo.path) for photo in training]
    for index, value in enumerate(hashes):
        for band, mask in enumerate(bands):
            seen[band, value & mask].append(index)
    leaks = []
    for photo in validation:
        value = dhash(photo.path)
        near = {index for band, mask in enumerate(bands) for index in seen.get((band, value & mask), ())}
        bits, index = min((((value ^ hashes[i]).bit_count(), i) for i in near), default=(64, -1))
        if bits <= distance:
            leaks.append(Leak(photo, training[index], bits))
    return leaks


def _bands(count: int) -> list[int]:
    """Masks that cut 64 bits into `count` bands."""
    edges = [64 * i // count for i in range(count + 1)]
    return [(1 << high) - (1 << low) for low, high in itertools.pairwise(edges)]
