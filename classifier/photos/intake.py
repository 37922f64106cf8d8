"""Uploads become a plain upright JPEG without any metadata and a thumbnail of it, or a PhotoRefused.

The kept copy is encoded anew from the pixels. What `core.images` finds wrong with the bytes is told here with
what helps.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from PIL import Image

from classifier.exceptions import PhotoRefused
from core.images import ImageRefused, Limits, check_size, format_of, jpeg_bytes, open_image

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
MAX_SIDE = 12_000
MIN_SIDE = 64
MAX_PHOTOS = 20
LIMITS = Limits(MAX_BYTES, MAX_PIXELS, MAX_SIDE, min_width=MIN_SIDE, min_height=MIN_SIDE)
#: The kept copy's long side and the thumbnail's, in pixels. 1600 lets libjpeg decode a 12-megapixel photo at
#: half scale; what comes out of that, 2000 pixels and a little more, is kept as it is: to shrink it further
#: cost half of all the time.
KEPT_SIDE, MOST_KEPT = 1600, 2048
THUMBNAIL_SIDE = 320
#: Of JPEG. Traces of compression show less where there are more pixels.
QUALITY, LARGE_QUALITY, THUMBNAIL_QUALITY = 88, 82, 80
ACCEPTED = "JPEG, PNG, WebP, HEIC or AVIF"

#: The name of each format and its file extensions, the usual one first.
_EXTENSIONS = {
    "JPEG": ("JPEG", ("jpg", "jpeg", "jpe", "jfif")),
    "PNG": ("PNG", ("png",)),
    "WEBP": ("WebP", ("webp",)),
    "HEIF": ("HEIC", ("heic", "heif", "hif")),
    "AVIF": ("AVIF", ("avif",)),
}
#: What helps, for each code of ImageRefused.
_ADVICE = {
    "empty": "Choose the photo again; it may not have finished copying.",
    "too_large": "Send a smaller version; 2000 pixels wide is plenty.",
    "not_an_image": f"Send {ACCEPTED}.",
    "unsupported_format": f"Send {ACCEPTED}.",
    "too_small": (
        f"At least {MIN_SIDE} pixels on each side are needed to tell cars apart. "
        "Send the original rather than a thumbnail."
    ),
    "too_many_pixels": "Send a smaller version.",
    "animated": "Send a single photo of the car.",
    "damaged": "Send it again, or another photo of the car.",
}


@dataclass(frozen=True)
class CleanPhoto:
    """A photo to keep: JPEG bytes, a JPEG thumbnail, its size in pixels, SHA-256 of what was sent."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str


def limits_text() -> str:
    """The limits in words, said before anybody picks a file."""
    most = f"{MAX_BYTES // 2**20} MB and {MAX_PIXELS // 10**6} megapixels"
    return f"{ACCEPTED}, up to {most}, {MAX_PHOTOS} photos at a time"


def clean_photo(file: BinaryIO, *, name: str, size: int) -> CleanPhoto:
    """Check a file by its content and make the copy that is kept.

    `name` only lends its extension, `size` is in bytes. Raises PhotoRefused with what is wrong and what
    helps.
    """
    try:
        check_size(size, LIMITS)
        file.seek(0)
        data = file.read(MAX_BYTES)
        _check_extension(name, format_of(data))
        image = open_image(data, limits=LIMITS, side=KEPT_SIDE)
        return _copy_of(image, sha256=hashlib.sha256(data).hexdigest())
    except ImageRefused as refusal:
        text = f"{refusal.message} {_ADVICE[refusal.code]}"
        raise PhotoRefused(refusal.code, text, status=refusal.status) from refusal


def _check_extension(name: str, kind: str) -> None:
    extension = PurePath(name.replace("\x00", "")).suffix.lower().lstrip(".")
    known_as, extensions = _EXTENSIONS[kind]
    if extension and extension not in extensions:
        raise PhotoRefused(
            "wrong_extension",
            f"This file's name ends in .{extension[:10]}, but it is a {known_as} photo. "
            f"Rename it to end in .{extensions[0]}, or save it again from your photo app.",
        )


def _copy_of(image: Image.Image, *, sha256: str) -> CleanPhoto:
    """No copy without metadata, no photo: what was sent is never kept in its place."""
    try:
        if max(image.size) > MOST_KEPT:
            image.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        quality = QUALITY if max(image.size) <= KEPT_SIDE else LARGE_QUALITY
        content = jpeg_bytes(image, quality=quality)
        thumbnail = jpeg_bytes(_thumbnail(image), quality=THUMBNAIL_QUALITY)
    except (OSError, ValueError, MemoryError) as error:
        raise ImageRefused from error
    return CleanPhoto(content, thumbnail, image.width, image.height, sha256)


def _thumbnail(image: Image.Image) -> Image.Image:
    """A small copy, without one of the whole in between."""
    scale = min(1.0, THUMBNAIL_SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
