"""What is wrong with a photo is said, and nothing is said of a good one."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ml.data.photos import open_photo
from ml.data.splits import apply_split, read_folder
from ml.evaluation import corruptions
from ml.serving.quality import hints
from tests.ml.conftest import DATA, ROOT


def sharp(
    size: tuple[int, int] = (400, 300), brightness: float = 1.0, cells: tuple[int, int] = (30, 40)
) -> Image.Image:
    """Blocks with hard edges, in all shades."""
    blocks = np.random.default_rng(1).integers(0, 255, (*cells, 3))
    return Image.fromarray((blocks * brightness).astype(np.uint8)).resize(size, Image.Resampling.NEAREST)


def test_good_photo_gets_no_hint() -> None:
    assert hints(sharp()) == ()


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        (sharp((90, 70)), ("small",)),
        (sharp(brightness=0.2), ("dark",)),
        (Image.eval(sharp(brightness=0.2), lambda value: 255 - value), ("bright",)),
        (sharp().filter(ImageFilter.GaussianBlur(8)), ("blurred",)),
        (sharp(brightness=0.25, cells=(9, 12)).filter(ImageFilter.GaussianBlur(8)), ("dark", "blurred")),
    ],
    ids=["small", "dark", "bright", "blurred", "dark and blurred"],
)
def test_fault_is_named(photo: Image.Image, expected: tuple[str, ...]) -> None:
    assert hints(photo) == expected


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (3, 3), (3000, 4)])
def test_photo_of_any_shape_can_be_judged(size: tuple[int, int]) -> None:
    assert "small" in hints(Image.new("RGB", size, (128, 128, 128)))


@pytest.mark.parametrize(
    "name", ["JPEG quality 30", "blur", "dusk", "120 px", "small car", "tiny car", "upright"]
)
def test_corruption_changes_the_photo_the_same_way_every_time(tmp_path: Path, name: str) -> None:
    sharp((64, 64)).save(tmp_path / "background.png")
    corruption = corruptions.all_corruptions([tmp_path / "background.png"])[name]
    changed = [corruption(sharp(), random.Random("a")) for _ in range(2)]
    assert changed[0].mode == "RGB"
    assert changed[0].tobytes() == changed[1].tobytes() != sharp().tobytes()


def test_small_car_keeps_the_size_and_shrinks_the_car(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), (0, 0, 255)).save(tmp_path / "blue.png")
    photo = corruptions.small_car([tmp_path / "blue.png"])(
        Image.new("RGB", (200, 100), (255, 0, 0)), random.Random(1)
    )
    red = (np.asarray(photo)[:, :, 0] == 255).mean()
    assert photo.size == (200, 100)
    assert 0.24 < red < 0.5


def test_upright_photo_is_higher_than_wide_and_shows_all_of_the_car(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), (0, 0, 255)).save(tmp_path / "blue.png")
    corruption = corruptions.upright([tmp_path / "blue.png"])
    for seed in range(5):
        photo = corruption(Image.new("RGB", (200, 100), (255, 0, 0)), random.Random(seed))
        assert photo.height == pytest.approx(photo.width * 4 / 3, abs=1)
        assert (np.asarray(photo)[:, :, 0] == 255).sum() == 200 * 100


def test_swapped_photo_has_red_where_blue_was() -> None:
    photo = corruptions.swapped(Image.new("RGB", (4, 4), (10, 20, 30)), random.Random(1))
    assert photo.getpixel((0, 0)) == (30, 20, 10)


def test_no_background_means_no_distant_car() -> None:
    assert not corruptions.distant([])
    assert not {"small car", "tiny car", "upright"} & set(corruptions.all_corruptions([]))


@pytest.mark.data
def test_benchmark_photos_get_few_hints_and_spoilt_ones_get_theirs() -> None:
    if not (DATA / "stanford-cars").is_dir():
        pytest.skip("../shared/data/stanford-cars is absent, so hints can't be compared with real photos")
    photos = apply_split(read_folder(DATA / "stanford-cars")[0], ROOT / "ml/splits/cars-validation.txt")[1]
    images = [open_photo(photo.path) for photo in photos[::20]]
    large = [image for image in images if min(image.size) >= 200]
    assert len(large) > 30
    assert np.mean([hints(image) == () for image in large]) > 0.95
    seeded = random.Random(1)
    assert np.mean(["blurred" in hints(corruptions.blur(image, seeded)) for image in large]) > 0.8
    assert np.mean(["dark" in hints(corruptions.dusk(image, seeded)) for image in large]) > 0.8
