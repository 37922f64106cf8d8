"""The shipped photos are what their README says, small, and can be made again."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.photos.render import FOLDER, MOST_BYTES, PHOTOS


def test_folder_holds_the_twelve_photos_and_the_readme_names_each() -> None:
    there = {path.name for path in FOLDER.iterdir() if path.suffix in {".jpg", ".png", ".webp"}}
    assert there == set(PHOTOS)
    assert len(there) == 12
    readme = (FOLDER / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in there)


@pytest.mark.parametrize("name", PHOTOS)
def test_photo_is_small_and_whole(name: str) -> None:
    path = FOLDER / name
    assert path.stat().st_size <= MOST_BYTES
    with Image.open(path) as photo:
        assert photo.format == {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[path.suffix]
        photo.load()
        assert min(photo.size) >= 160
        assert np.asarray(photo.convert("L")).std() > 5


@pytest.mark.parametrize("name", PHOTOS)
def test_only_the_rotated_photo_carries_metadata(name: str) -> None:
    with Image.open(FOLDER / name) as photo:
        exif = photo.getexif()
        if name != "suv-rotated.jpg":
            assert not exif
            return
        assert exif[ExifTags.Base.Orientation] == 6
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)
        assert photo.width > photo.height


@pytest.mark.parametrize("name", ["landscape.jpg", "document.jpg"])
def test_photo_can_be_made_again(name: str) -> None:
    again = io.BytesIO()
    PHOTOS[name]().save(again, "JPEG", quality=80)
    with Image.open(FOLDER / name) as shipped, Image.open(again) as made:
        difference = np.abs(np.asarray(shipped, np.int16) - np.asarray(made, np.int16)).mean()
    assert difference < 2
