"""Every kind of photo becomes upright RGB, or an error for people."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.images import PHOTO_LIMITS
from ml.data.photos import open_photo, to_input
from ml.exceptions import PhotoError
from tests.classifier.photos import png_bomb
from tests.ml.conftest import as_bytes, drawn

HEIC = Path(__file__).parent / "files" / "drawn-car.heic"
#: Operations that turn an upright picture into one that needs the EXIF orientation to stand upright again.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def halves() -> Image.Image:
    """Red above blue, with a green corner at the top left."""
    image = Image.new("RGB", (80, 48), (250, 0, 0))
    image.paste((0, 0, 250), (0, 24, 80, 48))
    image.paste((0, 250, 0), (0, 0, 16, 8))
    return image


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    return np.abs(np.array(image.getpixel(at)) - colour).max() < 40


@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation_is_undone(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = open_photo(as_bytes(halves().transpose(TURNS[orientation]), "JPEG", quality=95, exif=exif))
    assert image.size == (80, 48)
    assert near(image, (4, 3), (0, 250, 0))
    assert near(image, (70, 4), (250, 0, 0))
    assert near(image, (40, 44), (0, 0, 250))


def test_cmyk_keeps_its_colours() -> None:
    image = open_photo(as_bytes(halves().convert("CMYK"), "JPEG", quality=95))
    assert image.mode == "RGB"
    assert near(image, (70, 4), (250, 0, 0))


def test_16_bit_grey_is_scaled_and_not_clipped() -> None:
    values = np.full((10, 12), 30_000, np.uint16)
    image = open_photo(as_bytes(Image.fromarray(values)))
    assert image.mode == "RGB"
    assert image.getpixel((5, 5)) == (116, 116, 116)


def test_transparent_palette_becomes_white() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(1, (4, 0, 8, 8))
    opened = open_photo(as_bytes(image, transparency=0))
    assert opened.getpixel((0, 0)) == (255, 255, 255)
    assert opened.getpixel((6, 0)) == (200, 100, 50)


@pytest.mark.parametrize("mode", ["L", "1", "LA", "RGBA", "P"])
def test_other_modes_become_rgb(mode: str) -> None:
    opened = open_photo(as_bytes(halves().convert(mode)))
    assert (opened.mode, opened.size) == ("RGB", (80, 48))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF"])
def test_formats_that_are_read(kind: str) -> None:
    assert near(open_photo(as_bytes(halves(), kind)), (70, 4), (250, 0, 0))


def test_heic_of_a_phone_is_read() -> None:
    image = open_photo(HEIC)
    assert image.size == (160, 120)
    assert near(image, (80, 70), (190, 30, 40))


def test_pair_of_pictures_as_phones_make_it_is_read() -> None:
    image = open_photo(as_bytes(halves(), "MPO", save_all=True, append_images=[halves()]))
    assert near(image, (70, 4), (250, 0, 0))


@pytest.mark.parametrize("kind", ["TIFF", "PPM", "ICO"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(PhotoError, match="not a photo"):
        open_photo(as_bytes(halves(), kind))


@pytest.mark.parametrize(
    "content", [b"x", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", bytes(5000)]
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoError, match="not a photo"):
        open_photo(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_truncated_photo_is_damaged(kind: str) -> None:
    content = as_bytes(drawn((90, 120, 40), 1, size=(400, 300)), kind)
    with pytest.raises(PhotoError, match="damaged"):
        open_photo(content[: len(content) // 2])


@pytest.mark.parametrize(
    "content", [HEIC.read_bytes()[:900], as_bytes(halves(), "AVIF")[:300]], ids=["HEIC", "AVIF"]
)
def test_file_of_boxes_that_ends_early_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoError):
        open_photo(content)


def test_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(PhotoError, match="more than 64 megapixels"):
        open_photo(png_bomb())


def test_photos_of_visitors_are_held_to_the_limits_of_the_site() -> None:
    small = as_bytes(halves())
    assert open_photo(small).size == (80, 48)
    with pytest.raises(PhotoError, match="too small"):
        open_photo(small, limits=PHOTO_LIMITS)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="There is no file"):
        open_photo(tmp_path / "none.jpg")
    with pytest.raises(PhotoError, match="can't be opened"):
        open_photo(tmp_path)


def test_path_bytes_and_file_give_the_same_pixels(tmp_path: Path) -> None:
    content = as_bytes(halves(), "JPEG")
    (tmp_path / "a.jpg").write_bytes(content)
    opened = [
        open_photo(tmp_path / "a.jpg"),
        open_photo(str(tmp_path / "a.jpg")),
        open_photo(content),
        open_photo(io.BytesIO(content)),
    ]
    assert len({image.tobytes() for image in opened}) == 1


def test_large_jpeg_is_decoded_small_but_not_too_small() -> None:
    image = open_photo(as_bytes(Image.new("RGB", (4000, 3000)), "JPEG"))
    assert image.size == (1000, 750)
    assert open_photo(as_bytes(Image.new("RGB", (600, 500)), "JPEG")).size == (600, 500)


def test_input_is_the_box_squeezed_and_normalised() -> None:
    mean, std = (0.5, 0.25, 0.0), (0.5, 0.5, 1.0)
    upper = to_input(halves(), size=16, mean=mean, std=std, box=(0.5, 0.0, 1.0, 0.5))
    assert upper.shape == (3, 16, 16)
    assert upper.dtype == np.float32
    red = (np.array([250, 0, 0]) / 255 - mean) / std
    np.testing.assert_allclose(upper.mean(axis=(1, 2)), red, atol=0.03)
    whole = to_input(halves(), size=16, mean=mean, std=std)
    np.testing.assert_allclose(whole[:, 15, 8], (np.array([0, 0, 250]) / 255 - mean) / std, atol=0.05)
