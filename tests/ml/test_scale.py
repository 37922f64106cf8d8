"""Two hundred thousand photos: the table stays small, and processes that load from it don't grow."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from ml.data import splits
from ml.data.manifests import Row, write_manifest
from ml.data.splits import PhotoDataset, read_photos, split_photos

ROWS, CLASSES = 200_000, 2_000


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of photos that need not exist."""
    path = tmp_path_factory.mktemp("large") / "photos.csv"
    rows = (
        Row(
            f"class-{n % CLASSES:04}/photo-number-{n:06}.jpg", f"Class {n % CLASSES:04}",
            "validation" if n // CLASSES % 10 == 0 else "train", f"{n:064x}", "somewhere", "free",
        )
        for n in range(ROWS)
    )  # fmt: skip
    assert write_manifest(path, rows) == ROWS
    return path


def own_megabytes() -> float:
    """What this process has to itself, in megabytes."""
    return psutil.Process(os.getpid()).memory_full_info().uss / 1e6


def test_table_of_200_000_photos_takes_tens_of_megabytes(table: Path) -> None:
    gc.collect()
    before = own_megabytes()
    photos, labels = read_photos(table)
    train, validation = split_photos(photos, table)
    taken = own_megabytes() - before
    assert len(photos) == ROWS
    assert len(labels) == CLASSES
    assert photos[ROWS - 1].name == "Class 1999/class-1999/photo-number-199999.jpg"
    assert photos[ROWS - 1].path == table.parent / "class-1999/photo-number-199999.jpg"
    assert labels[photos[4_321].label] == "Class 0321"
    assert (len(train), len(validation)) == (ROWS * 9 // 10, ROWS // 10)
    assert validation[0].name == "Class 0000/class-0000/photo-number-000000.jpg"
    assert taken < 80


class Measure:
    """Used as a transform: what the loading process has to itself, asked at every two-thousandth photo."""

    def __init__(self) -> None:
        self.count = 0
        self.last = 0.0

    def __call__(self, _image: Image.Image) -> float:
        if self.count % 2000 == 0:
            self.last = own_megabytes()
        self.count += 1
        return self.last


class Listed(PhotoDataset):
    """The plain way: a list of objects."""

    def __init__(self, photos: Any) -> None:
        super().__init__(photos[:0], Measure())
        self.photos = list(photos)


def growth(dataset: PhotoDataset) -> float:
    """By how many megabytes the hungriest process grows that loads an epoch.

    What the process of the tests holds from before is left out: the collector in a child would copy it page by page.
    """
    gc.collect()
    gc.freeze()
    loader = DataLoader(cast("Dataset[Any]", dataset), batch_size=2000, shuffle=True, num_workers=2)
    measured = [float(megabytes.max()) for megabytes, _ in loader]
    gc.unfreeze()
    assert len(measured) == ROWS // 2000
    return max(measured) - min(measured[:2])


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_processes_that_load_photos_do_not_grow(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.new("RGB", (8, 8))
    monkeypatch.setattr(splits, "open_photo", lambda *_arguments, **_options: picture)
    photos, _ = read_photos(table)
    by_table, by_list = growth(PhotoDataset(photos, Measure())), growth(Listed(photos))
    # Counting references makes a copy of every object in each process; the table is read where it is.
    assert by_list > 30
    assert by_table < by_list / 2
    assert by_table < 20
