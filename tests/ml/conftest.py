"""Photos that are drawn, a tiny bundle, and one real run of the smallest kind, trained once."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.bundle.bundle import Bundle
from tests.ml.tiny import write_tiny_bundle

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
#: Classes of the drawn data set, each with its own colour.
CLASSES = {
    "Audi A5 Coupe 2012": (200, 40, 40),
    "Audi TT Hatchback 2011": (40, 200, 40),
    "BMW M3 Coupe 2012": (40, 40, 200),
}


def drawn(colour: tuple[int, int, int], seed: int, *, size: tuple[int, int] = (60, 40)) -> Image.Image:
    """A blotchy picture of mainly one colour."""
    blotches = np.random.default_rng(seed).integers(-40, 40, (8, 12, 3))
    image = Image.fromarray((np.array(colour) + blotches).clip(0, 255).astype(np.uint8))
    return image.resize(size, Image.Resampling.BICUBIC)


def as_bytes(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The image as a file of this format."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A valid bundle of random weights."""
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture
def write_photos(tmp_path: Path) -> Callable[..., Path]:
    """A function that draws a folder of class folders."""

    def write(name: str = "cars", classes: dict[str, tuple[int, int, int]] = CLASSES, count: int = 6) -> Path:
        return write_folder(tmp_path / name, classes, count)

    return write


def write_folder(root: Path, classes: dict[str, tuple[int, int, int]], count: int, *, seed: int = 0) -> Path:
    """Draw `count` photos of each class; other ones with another `seed`."""
    for index, (label, colour) in enumerate(classes.items()):
        (root / label).mkdir(parents=True)
        for number in range(count):
            drawn(colour, seed + 100 * index + number).save(root / label / f"{number:02}.jpg", quality=95)
    return root
