"""Image bytes from anywhere: pixels within the limits, upright and RGB, or a refusal with a stable code."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image

from core.images import FORMATS, PHOTO_LIMITS, ImageRefused, Limits, format_of, jpeg_bytes, open_image
from tests.classifier.photos import encoded, picture, with_metadata
from tests.security.hostile import HEIC, hostile_files

LIMITS = PHOTO_LIMITS
CODES = {
    "animated",
    "damaged",
    "empty",
    "not_an_image",
    "too_large",
    "too_many_pixels",
    "too_small",
    "unsupported_format",
}


def code_of(data: bytes, limits: Limits = LIMITS) -> str:
    """The code of the refusal; empty where the bytes are a picture."""
    try:
        open_image(data, limits=limits, side=400)
    except ImageRefused as refusal:
        return refusal.code
    return ""


def test_every_hostile_file_is_a_picture_or_refused_with_a_known_code() -> None:
    codes = {code_of(data) for _, data in hostile_files()}
    assert codes <= CODES | {""}
    assert codes >= {"", "damaged", "empty", "not_an_image", "too_many_pixels", "too_small"}


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (LIMITS, ""),
        (replace(LIMITS, max_bytes=100), "too_large"),
        (replace(LIMITS, max_pixels=160 * 120 - 1), "too_many_pixels"),
        (replace(LIMITS, max_side=159), "too_many_pixels"),
        (replace(LIMITS, min_width=161), "too_small"),
        (replace(LIMITS, min_height=121), "too_small"),
    ],
)
def test_each_limit_holds_by_itself(limits: Limits, code: str) -> None:
    assert code_of(encoded(picture(160, 120)), limits) == code


@pytest.mark.parametrize("kind", FORMATS)
def test_the_format_is_told_by_the_content(kind: str) -> None:
    data = HEIC.read_bytes() if kind == "HEIF" else encoded(picture(160, 120), kind)
    assert format_of(data) == kind
    assert open_image(data, limits=LIMITS, side=400).mode == "RGB"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_large_pictures_come_smaller_but_never_below_the_side_that_is_asked_for(kind: str) -> None:
    image = open_image(encoded(picture(2000, 1500), kind), limits=LIMITS, side=400)
    assert 400 <= image.width < 800
    assert image.width * 3 == image.height * 4


def test_pictures_come_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = open_image(encoded(picture(160, 120), exif=exif), limits=LIMITS, side=400)
    assert image.size == (120, 160)


def test_a_jpeg_is_made_of_pixels_alone() -> None:
    data = jpeg_bytes(open_image(with_metadata(), limits=LIMITS, side=400), quality=88)
    assert b"Secret" not in data
    kept = Image.open(io.BytesIO(data))
    assert not kept.getexif()
    assert {"comment", "xmp", "icc_profile", "exif"}.isdisjoint(kept.info)


def test_opening_a_picture_loads_no_django() -> None:
    script = "import sys, core.images; print([name for name in sys.modules if name.startswith('django')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
