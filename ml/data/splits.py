"""Photos on disk as training material: folders of classes or manifests, and splits kept as lists."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from PIL import Image

from core.files import write_atomically
from ml.data.manifests import is_manifest, read_manifest
from ml.data.photo_table import Photo, PhotoTable, Texts
from ml.data.photos import open_photo
from ml.exceptions import DataError, PhotoError

SUFFIXES = {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".heic", ".heif", ".avif", ".jxl", ".bmp", ".gif"}
#: The order of the scene head's outputs.
SCENES = ("exterior", "interior", "other")

Sample = TypeVar("Sample")


class _Found(NamedTuple):
    path: str
    name: str
    label: str


def read_photos(*roots: str | Path, least: int = 2) -> tuple[PhotoTable, list[str]]:
    """Photos of folders of class folders, sorted by name, then of manifests; and the names of the classes.

    A class that several of them hold has the photos of all. Raises DataError where one is missing or holds no
    class, a class holds fewer than `least` photos, or two photos have the same name.
    """
    where = " and ".join(map(str, roots))
    found = chain(
        _in_folders([Path(root) for root in roots if not is_manifest(root)], least),
        *(_in_manifest(Path(root)) for root in roots if is_manifest(root)),
    )
    paths, names, codes = Texts(), Texts(), array("i")
    numbers: dict[str, int] = {}
    for photo in found:
        paths.append(photo.path)
        names.append(photo.name)
        codes.append(numbers.setdefault(photo.label, len(numbers)))
    labels = sorted(numbers)
    order = np.argsort(np.argsort(np.array(list(numbers), dtype=str), kind="stable"))
    own = order[np.frombuffer(codes, np.int32)].astype(np.int32) if codes else np.empty(0, np.int32)
    counts = np.bincount(own, minlength=len(labels))
    if few := [labels[i] for i in np.flatnonzero(counts < least)]:
        raise _too_few(where, few, least)
    if (twice := names.first_repeated()) is not None:
        raise DataError(f"{where} have photos of the same class and name, for instance {twice}.")
    return PhotoTable(paths, names, own, np.arange(len(own), dtype=np.int32)), labels


def _too_few(where: str, labels: Sequence[str], least: int) -> DataError:
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    why = ", one to learn from and one to judge by" if least == 2 else ""
    return DataError(
        f"{where} has too few photos in {labels[:5]}{more}: {least} are the least{why}. Add some or take the "
        "class away."
    )


def _in_folders(roots: Sequence[Path], least: int) -> Iterator[_Found]:
    """The photos of class folders, sorted by class and file name. Raises DataError as `read_photos` does."""
    photos = {
        label: [path for folder in folders for path in folder.iterdir() if is_photo(path)]
        for label, folders in sorted(_class_folders(roots).items())
    }
    if few := [label for label, paths in photos.items() if len(paths) < least]:
        raise _too_few(" and ".join(map(str, roots)), few, least)
    for label, paths in photos.items():
        for path in sorted(paths, key=lambda path: path.name):
            yield _Found(str(path), f"{label}/{path.name}", label)


def _class_folders(roots: Sequence[Path]) -> dict[str, list[Path]]:
    """The folders of each class. Raises DataError where a root is missing or holds none."""
    folders: dict[str, list[Path]] = defaultdict(list)
    for root in roots:
        if not root.is_dir():
            raise DataError(f"There is no folder {root}. It should hold one folder of photos for each class.")
        classes = [entry for entry in root.iterdir() if entry.is_dir()]
        if not classes:
            raise DataError(f"{root} has no class folders.")
        if all(_holds_only_folders(folder) for folder in classes):
            raise DataError(
                f"The folders in {root} hold folders, not photos: the classes seem to be one level deeper. "
                f"Say {classes[0]} in place of {root}."
            )
        for folder in classes:
            folders[folder.name].append(folder)
    return folders


def _holds_only_folders(folder: Path) -> bool:
    entries = list(folder.iterdir())
    return any(entry.is_dir() for entry in entries) and not any(map(is_photo, entries))


def passed_over(*roots: str | Path) -> list[Path]:
    """Files in class folders that are not read, as their names are not those of photos; sorted."""
    folders = [folder for root in roots if not is_manifest(root) for folder in Path(root).iterdir()]
    files = (entry for folder in folders if folder.is_dir() for entry in folder.iterdir())
    return sorted(path for path in files if not is_photo(path) and not path.name.startswith("."))


def is_photo(path: Path) -> bool:
    """Whether this is the name of a photo."""
    return path.suffix.lower() in SUFFIXES


def _in_manifest(path: Path) -> Iterator[_Found]:
    for row in read_manifest(path):
        yield _Found(str(path.parent / row.path), row.name, row.label)


def read_folder(*roots: str | Path) -> tuple[list[Photo], list[str]]:
    """As `read_photos`, with a list of photos."""
    photos, labels = read_photos(*roots)
    return list(photos), labels


def only_classes(
    photos: PhotoTable, labels: Sequence[str], patterns: Sequence[str]
) -> tuple[PhotoTable, list[str]]:
    """The photos and names of the classes that one of the patterns ("* 2012") matches; all without patterns.

    Raises DataError where a pattern matches none.
    """
    if not patterns:
        return photos, list(labels)
    if idle := [p for p in patterns if not any(fnmatchcase(label, p) for label in labels)]:
        raise DataError(f"No class is called like {idle}; there are {labels[0]}, {labels[-1]} and so on.")
    kept = [any(fnmatchcase(label, pattern) for pattern in patterns) for label in labels]
    return _kept(photos, labels, kept)


def read_chosen(
    roots: Sequence[str | Path], *, only: Sequence[str] = (), leave_out: str | Path | None = None
) -> tuple[PhotoTable, list[str]]:
    """As `read_photos`, of the classes that `only` matches and that are not in the list `leave_out`.

    Raises DataError where a pattern matches no class, or the list names one that is not there.
    """
    photos, labels = only_classes(*read_photos(*roots), only)
    left_out = read_split(leave_out) if leave_out else set()
    if strange := sorted(left_out - set(labels)):
        raise DataError(f"{leave_out} names classes that are not there, for instance {strange[0]!r}.")
    return _kept(photos, labels, [label not in left_out for label in labels])


def _kept(photos: PhotoTable, labels: Sequence[str], kept: list[bool]) -> tuple[PhotoTable, list[str]]:
    chosen = photos.take(np.array(kept)[photos.labels])
    numbers = np.cumsum(kept) - 1
    return chosen.relabelled(numbers), [label for label, keep in zip(labels, kept, strict=True) if keep]


def find_photos(root: str | Path) -> list[Photo]:
    """Photos anywhere under a folder, sorted, with the label -1 (no class).

    Raises DataError where there are none.
    """
    root = Path(root)
    paths = sorted(path for path in root.rglob("*") if is_photo(path))
    if not paths:
        raise DataError(f"There are no photos under {root}.")
    return [Photo(path, str(path.relative_to(root)), -1) for path in paths]


def write_split(path: Path, names: list[str], photos: PhotoTable, labels: list[str]) -> str:
    """Write a list of validation photos; returns the line that says what it is."""
    head = f"# {len(names)} of {len(photos)} photos in {len(labels)} classes"
    write_atomically(path, "\n".join([head, *names]) + "\n")
    return head.removeprefix("# ")


def read_split(split: str | Path) -> set[str]:
    """The names that a list holds, or that a manifest calls validation photos.

    Raises DataError where it is missing.
    """
    if is_manifest(split):
        return {row.name for row in read_manifest(split) if row.split == "validation"}
    try:
        lines = Path(split).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise DataError(
            f"There is no split {split}. `python -m ml split FOLDER {split}` makes one."
        ) from None
    return {line for line in lines if line and not line.startswith("#")}


def split_photos(photos: PhotoTable, *splits: str | Path) -> tuple[PhotoTable, PhotoTable]:
    """(training, validation) by lists of names. Raises DataError where a list and the photos don't meet."""
    held = np.zeros(len(photos), dtype=bool)
    for split in splits:
        listed = read_split(split)
        own = np.fromiter((name in listed for name in photos.names()), dtype=bool, count=len(photos))
        if not own.any():
            raise DataError(f"None of the photos that {split} names is in the folder.")
        held |= own
    return photos.take(~held), photos.take(held)


def apply_split(photos: Iterable[Photo], *splits: str | Path) -> tuple[list[Photo], list[Photo]]:
    """As `split_photos`, with lists of photos."""
    training, validation = split_photos(PhotoTable.of(photos), *splits)
    return list(training), list(validation)


class PhotoDataset(Generic[Sample]):
    """A map-style dataset of (transformed photo, label).

    Photos are decoded to a short side of at least `short_side` pixels, where they have as many. Raises
    DataError naming the file of a photo that can't be decoded.
    """

    def __init__(
        self, photos: Sequence[Photo], transform: Callable[[Image.Image], Sample], *, short_side: int = 256
    ) -> None:
        self.photos = photos if isinstance(photos, PhotoTable) else PhotoTable.of(photos)
        self.transform = transform
        self.short_side = short_side

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> tuple[Sample, int]:
        photo = self.photos[index]
        try:
            image = open_photo(photo.path, short_side=self.short_side)
        except PhotoError as error:
            raise DataError(f"{photo.path}: {error} Remove it or repair it, then resume.") from error
        return self.transform(image), photo.label
