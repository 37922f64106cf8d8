"""Hundreds of thousands of labelled photos in a few arrays.

A list of as many objects takes ten times the memory, and each process that loads photos ends up with a copy
of its own, since counting references writes to every object that is read.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Photo:
    """One labelled photo; `name` is "class/file", the form that splits are written in."""

    path: Path
    name: str
    label: int


class Texts:
    """An append-only sequence of texts in one buffer: text i ends where `_ends[i]` says."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ends = array("q")
        self._hashes = array("q")

    def append(self, text: str) -> None:
        self._buffer += text.encode("utf-8", "surrogateescape")
        self._ends.append(len(self._buffer))
        self._hashes.append(hash(text))

    def __getitem__(self, index: int) -> str:
        start = self._ends[index - 1] if index else 0
        return self._buffer[start : self._ends[index]].decode("utf-8", "surrogateescape")

    def first_repeated(self) -> str | None:
        """One of the texts that are there more than once."""
        values, counts = np.unique(np.frombuffer(self._hashes, np.int64), return_counts=True)
        suspects = set(values[counts > 1].tolist())
        texts = Counter(self[i] for i, value in enumerate(self._hashes) if value in suspects)
        return next((text for text, count in texts.items() if count > 1), None)


class PhotoTable(Sequence[Photo]):
    """A sequence of photos that are made when they are asked for. Parts of a table share its memory."""

    def __init__(self, paths: Texts, names: Texts, labels: Numbers, rows: Numbers) -> None:
        self._paths = paths
        self._names = names
        self._labels = labels
        self._rows = rows

    @classmethod
    def of(cls, photos: Iterable[Photo]) -> PhotoTable:
        paths, names, labels = Texts(), Texts(), array("i")
        for photo in photos:
            paths.append(str(photo.path))
            names.append(photo.name)
            labels.append(photo.label)
        return cls(paths, names, np.array(labels, np.int32), np.arange(len(labels), dtype=np.int32))

    @property
    def labels(self) -> Numbers:
        """The class number of each photo, (N)."""
        return self._labels[self._rows]

    def names(self) -> Iterator[str]:
        return (self._names[row] for row in self._rows.tolist())

    def take(self, indices: Sequence[int] | NDArray[np.integer | np.bool_]) -> PhotoTable:
        """The photos of these indices, or where a mask of booleans is true."""
        return PhotoTable(self._paths, self._names, self._labels, self._rows[np.asarray(indices)])

    def relabelled(self, numbers: NDArray[np.integer]) -> PhotoTable:
        """The same photos with class `numbers[i]` for class i."""
        return PhotoTable(self._paths, self._names, numbers[self._labels].astype(np.int32), self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Photo: ...
    @overload
    def __getitem__(self, index: slice) -> PhotoTable: ...
    def __getitem__(self, index: int | slice) -> Photo | PhotoTable:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        row = int(self._rows[index])
        return Photo(Path(self._paths[row]), self._names[row], int(self._labels[row]))
