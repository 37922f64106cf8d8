"""What is in folders of photos before they are trained on: how many, and which spoil a training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ml.data.duplicates import group_near_duplicates
from ml.data.photo_table import Photo
from ml.data.photos import open_photo
from ml.data.splits import passed_over, read_photos
from ml.exceptions import PhotoError

#: Classes with fewer photos are learned badly, as are those with so many times fewer than the largest.
_FEW, _UNEVEN = 12, 8
#: Of a long list so many lines are shown.
_SHOWN = 20


@dataclass(frozen=True)
class Soundness:
    """What was found: photos of each class, files that are not read, photos that can't be, with the reason.

    `twins` are groups of near duplicates, `mixed` those of them that bear more than one class.
    """

    counts: Counter[str]
    passed_over: list[Path]
    unreadable: list[tuple[Path, str]]
    twins: list[list[Photo]]

    @property
    def mixed(self) -> list[list[Photo]]:
        return [group for group in self.twins if len({photo.label for photo in group}) > 1]

    @property
    def has_faults(self) -> bool:
        """Whether something should be mended before training: the rest is for information."""
        return bool(self.unreadable or self.mixed)

    def lines(self) -> Iterator[str]:
        """All of it, for people."""
        least, most = min(self.counts.values()), max(self.counts.values())
        yield f"{sum(self.counts.values())} photos in {len(self.counts)} classes, {least} to {most} in each"
        yield from self._of_balance(most)
        kinds = Counter(path.suffix.lower() or "no ending" for path in self.passed_over)
        if kinds:
            said = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
            yield f"{sum(kinds.values())} files are not read: {said}. Save photos among them as JPEG"
        yield from _listed(
            f"{len(self.unreadable)} photos can't be read, and would end a training: remove or repair them",
            [f"{path}: {reason}" for path, reason in self.unreadable],
        )
        yield from _listed(
            f"{len(self.mixed)} groups of near duplicates bear more than one class: keep the right one",
            [" = ".join(photo.name for photo in group) for group in self.mixed],
        )
        same = sum(len(group) - 1 for group in self.twins if group not in self.mixed)
        if same:
            yield f"{same} photos are nearly the same as another of their class: a split keeps them together"

    def _of_balance(self, most: int) -> Iterator[str]:
        few = [label for label, count in self.counts.items() if count < _FEW]
        yield from _listed(
            f"{len(few)} classes have fewer than {_FEW} photos, and will be learned badly",
            [f"{label}: {self.counts[label]}" for label in few],
        )
        small = [label for label, count in self.counts.items() if _FEW <= count < most / _UNEVEN]
        yield from _listed(
            f"{len(small)} classes are small beside the largest: per_class in the recipe makes that even",
            [f"{label}: {self.counts[label]}" for label in small],
        )


def _listed(title: str, entries: list[str]) -> Iterator[str]:
    if entries:
        yield title
        yield from (f"  {entry}" for entry in entries[:_SHOWN])
        if more := entries[_SHOWN:]:
            yield f"  and {len(more)} more"


def check_photos(*roots: str | Path) -> Soundness:
    """Read every photo of class folders and manifests. Prints its progress to stderr.

    Raises DataError where there are no classes.
    """
    photos, labels = read_photos(*roots, least=1)
    readable, unreadable = [], []
    for photo in tqdm(photos, desc="photos", unit="photo"):
        try:
            open_photo(photo.path, short_side=64)
        except PhotoError as error:
            unreadable.append((photo.path, str(error)))
        else:
            readable.append(photo)
    twins = [group for group in group_near_duplicates(readable) if len(group) > 1]
    counts = Counter(dict.fromkeys(labels, 0))
    counts.update(labels[photo.label] for photo in photos)
    return Soundness(counts, passed_over(*roots), unreadable, twins)
