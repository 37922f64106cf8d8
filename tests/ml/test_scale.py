"""Two hundred thousand photos: the table stays small, and processes that load from it don't grow."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from ml.data.manifests import Row, write_manifest
from ml.data.splits import read_photos, split_photos
from tests.ml.loading import own_megabytes
from tests.services import ROOT

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


def growth(table: Path, way: str) -> float:
    """By how many megabytes the hungriest process grows that loads an epoch, measured in a process of its own.

    The processes that load are forked: from this one, which has threads of many libraries, they could inherit a
    lock that nobody opens any more, and its memory would be counted as theirs.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.ml.loading", str(table), way],
        cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def test_processes_that_load_photos_do_not_grow(table: Path) -> None:
    by_table, by_list = growth(table, "table"), growth(table, "list")
    # Counting references makes a copy of every object in each process; the table is read where it is.
    assert by_list > 30
    assert by_table < by_list / 2
    assert by_table < 20
