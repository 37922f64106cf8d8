"""How much memory processes take that load photos: `python -m tests.ml.loading MANIFEST table|list` prints megabytes."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any, cast

import psutil
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from ml.data import splits
from ml.data.splits import PhotoDataset, read_photos

BATCH = 2000


def own_megabytes() -> float:
    """What this process has to itself, in megabytes."""
    return float(psutil.Process(os.getpid()).memory_full_info().uss / 1e6)


class Measure:
    """Used as a transform: what the loading process has to itself, asked once a batch."""

    def __init__(self) -> None:
        self.count = 0
        self.last = 0.0

    def __call__(self, _image: Image.Image) -> float:
        if self.count % BATCH == 0:
            self.last = own_megabytes()
        self.count += 1
        return self.last


class Listed(PhotoDataset):
    """The plain way: a list of objects."""

    def __init__(self, photos: Any) -> None:
        super().__init__(photos[:0], Measure())
        self.photos = list(photos)


def growth(dataset: PhotoDataset) -> float:
    """By how many megabytes the hungriest process grows that loads an epoch."""
    gc.collect()
    gc.freeze()
    loader = DataLoader(cast("Dataset[Any]", dataset), batch_size=BATCH, shuffle=True, num_workers=2)
    measured = [float(megabytes.max()) for megabytes, _ in loader]
    return max(measured) - min(measured[:2])


def main() -> None:
    """Load every photo of a manifest; one picture stands for all files, which need not be there."""
    picture = Image.new("RGB", (8, 8))
    splits.open_photo = lambda *_arguments, **_options: picture
    photos, _ = read_photos(Path(sys.argv[1]))
    print(growth(PhotoDataset(photos, Measure()) if sys.argv[2] == "table" else Listed(photos)))


if __name__ == "__main__":
    main()
