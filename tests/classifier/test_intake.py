"""Which uploads are taken, and what is said of those that are refused."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from PIL import Image

from classifier.exceptions import PhotoRefused
from classifier.photos.intake import (
    LIMITS,
    MAX_BYTES,
    MOST_KEPT,
    THUMBNAIL_SIDE,
    CleanPhoto,
    clean_photo,
    limits_text,
)
from core.images import MAX_SCANS
from tests.classifier.photos import encoded, picture, png_bomb, with_metadata


def clean(data: bytes) -> CleanPhoto:
    return clean_photo(io.BytesIO(data), size=len(data))


def opened(photo: CleanPhoto) -> Image.Image:
    return Image.open(io.BytesIO(photo.content))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "I;16"),
        ("WEBP", "RGB"),
        ("AVIF", "RGB"),
        ("AVIF", "RGBA"),
    ],
)
def test_every_mode_becomes_a_plain_rgb_jpeg(kind, mode):
    image = (
        picture().convert("L").convert("I").point(lambda v: v * 257).convert("I;16")
        if mode == "I;16"
        else picture(mode=mode)
    )
    photo = clean(encoded(image, kind))
    assert (opened(photo).format, opened(photo).mode, opened(photo).size) == ("JPEG", "RGB", (320, 240))
    assert len(photo.sha256) == 64


def test_sixteen_bit_grey_keeps_its_brightness():
    image = Image.new("I;16", (100, 100), 32_896)  # half of the range
    assert abs(opened(clean(encoded(image, "PNG"))).getpixel((50, 50))[0] - 128) <= 2


def test_transparency_becomes_white_not_black():
    photo = clean(encoded(Image.new("RGBA", (100, 100), (255, 0, 0, 0)), "PNG"))
    assert min(opened(photo).getpixel((50, 50))) >= 250


def test_no_metadata_survives():
    data = with_metadata()
    assert data.count(b"Secret") >= 4, "the test photo has lost its metadata"
    photo = clean(data)
    for kept in (photo.content, photo.thumbnail):
        assert b"Secret" not in kept
        assert b"Exif" not in kept
        image = Image.open(io.BytesIO(kept))
        assert not image.getexif()
        assert {"comment", "xmp", "icc_profile", "exif"}.isdisjoint(image.info)


def test_a_second_file_glued_to_the_end_is_gone():
    assert b"<script>" not in clean(encoded() + b"<script>alert(1)</script>").content


def test_a_film_behind_the_picture_is_no_reason_to_refuse_it():
    film = np.random.default_rng(1).bytes(12 * 2**20)
    assert film.count(b"\xff\xda") > MAX_SCANS
    assert opened(clean(encoded(picture(400, 300)) + film)).size == (400, 300)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation):
    upright = Image.new("RGB", (200, 100), "white")
    upright.paste("red", (0, 0, 50, 50))  # red in the upper left corner
    exif = Image.Exif()
    exif[0x0112] = orientation
    # Store the picture so that applying the orientation gives the upright one.
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation in undo else upright
    image = opened(clean(encoded(stored, exif=exif, quality=95)))
    assert image.size == (200, 100)
    assert image.getpixel((20, 20))[1] < 80
    assert image.getpixel((180, 80))[1] > 200


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ((4000, 3000), (2000, 1500)),  # as libjpeg gives it at half scale
        ((4096, 3072), (2048, 1536)),
        ((4104, 3078), (1600, 1200)),
        ((3000, 2000), (1600, 1067)),
        ((2048, 1000), (2048, 1000)),
    ],
)
def test_large_photos_are_kept_small_and_in_proportion(size: tuple[int, int], kept: tuple[int, int]):
    photo = clean(encoded(picture(*size)))
    assert (photo.width, photo.height) == kept
    assert max(kept) <= MOST_KEPT
    assert max(Image.open(io.BytesIO(photo.thumbnail)).size) == THUMBNAIL_SIDE


def test_small_photos_are_not_enlarged():
    assert opened(clean(encoded(picture(100, 80)))).size == (100, 80)


def broken(data: bytes) -> bytes:
    return data[: len(data) // 2]


GIF = encoded(picture(), "GIF", save_all=True, append_images=[picture(mode="L").convert("RGB")])
HEIC_BROKEN = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 200
ANIMATED_WEBP = encoded(
    picture(), "WEBP", save_all=True, append_images=[Image.new("RGB", (320, 240), "blue")]
)
ANIMATED_AVIF = encoded(
    picture(), "AVIF", save_all=True, append_images=[Image.new("RGB", (320, 240), "blue")]
)
ANIMATED_PNG = encoded(picture(), "PNG", save_all=True, append_images=[Image.new("RGB", (320, 240), "blue")])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"x", "not_an_image"),
        (b"hello, I am text", "not_an_image"),
        (b"<!doctype html><script>alert(1)</script>", "unsupported_format"),
        (b"MZ" + b"\x00" * 300, "not_an_image"),
        (b"%PDF-1.7 ...", "unsupported_format"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unsupported_format"),
        (b'<?xml version="1.0"?><svg/>', "unsupported_format"),
        (encoded(kind="TIFF"), "unsupported_format"),
        (broken(encoded()), "damaged"),
        (broken(encoded(kind="PNG")), "damaged"),
        (broken(encoded(kind="WEBP")), "damaged"),
        (HEIC_BROKEN, "damaged"),
        (broken(encoded(kind="AVIF")), "damaged"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "unsupported_format"),
        (b"\xff\xd8\xff" + b"\x00" * 500, "damaged"),
        (png_bomb(), "too_many_pixels"),
        (encoded(picture(32_800, 64), "PNG"), "too_many_pixels"),
        (encoded(Image.new("RGB", (1, 1))), "too_small"),
        (encoded(picture(1000, 10)), "too_small"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_with_a_stable_code_and_a_way_out(data, code):
    with pytest.raises(PhotoRefused) as refused:
        clean(data)
    assert refused.value.code == code
    assert refused.value.status == 400
    assert len(refused.value.message) > 30


def test_a_bomb_is_refused_before_it_is_decoded():
    data = png_bomb()
    assert len(data) < 100_000
    start = time.process_time()
    with pytest.raises(PhotoRefused):
        clean(data)
    # Decoding 200 megapixels takes seconds: this is no race, but the difference of whether it happens at all.
    assert time.process_time() - start < 0.5


def test_files_over_the_limit_are_refused_by_size():
    with pytest.raises(PhotoRefused) as refused:
        clean_photo(io.BytesIO(encoded()), size=MAX_BYTES + 1)
    assert (refused.value.code, refused.value.status) == ("too_large", 413)


def test_the_limits_that_people_read_are_the_ones_that_hold():
    assert f"{MAX_BYTES // 2**20} MB" in limits_text()
    for name in ("JPEG", "PNG", "WebP", "HEIC", "AVIF", "JPEG XL", "BMP", "GIF"):
        assert name in limits_text()
    for number in (LIMITS.max_pixels, LIMITS.max_pixels_whole, LIMITS.max_pixels_of["WEBP"]):
        assert f"{number // 10**6} " in limits_text()
    for side in (LIMITS.min_width, LIMITS.max_side):
        assert f"{side:,}" in limits_text()
