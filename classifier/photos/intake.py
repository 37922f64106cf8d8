"""Uploads become a plain upright JPEG without any metadata and a thumbnail of it, or a PhotoRefused.

The kept copy is encoded anew from the pixels. What `core.images` finds wrong with the bytes is told here with
what helps.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from classifier.exceptions import PhotoRefused
from core.images import PHOTO_LIMITS, ImageRefused, check_size, jpeg_bytes, opened

LIMITS = PHOTO_LIMITS
MAX_BYTES, MIN_SIDE = LIMITS.max_bytes, LIMITS.min_width
MAX_PHOTOS = 20
#: The kept copy's long side and the thumbnail's, in pixels. 1600 lets libjpeg decode a 12-megapixel photo at
#: half scale; what comes out of that, 2000 pixels and a little more, is kept as it is: to shrink it further
#: cost half of all the time.
KEPT_SIDE, MOST_KEPT = 1600, 2048
THUMBNAIL_SIDE = 320
#: Of JPEG. Traces of compression show less where there are more pixels.
QUALITY, LARGE_QUALITY, THUMBNAIL_QUALITY = 88, 82, 80
ACCEPTED = "JPEG, PNG, WebP, HEIC, AVIF, JPEG XL, BMP or GIF"
#: For the file picker: `image/*` lets in what has no name of its own there, whatever a file is called.
PICKER_TYPES = "image/*,.heic,.heif,.hif,.avif,.jxl"

#: What helps, for each code of ImageRefused.
_ADVICE = {
    "empty": "Choose the photo again; it may not have finished copying.",
    "too_large": "Send a smaller version; 2000 pixels wide is plenty.",
    "not_an_image": f"Send a photo as {ACCEPTED}.",
    "unsupported_format": f"Send a JPEG of it; {ACCEPTED} can be read here.",
    "too_small": (
        f"At least {MIN_SIDE} pixels on each side are needed to tell cars apart. "
        "Send the original rather than a thumbnail."
    ),
    "too_many_pixels": "Send a smaller version; 2000 pixels wide is plenty.",
    "animated": "Send a single photo of the car.",
    "damaged": "Send it again, or another photo of the car.",
}


@dataclass(frozen=True)
class CleanPhoto:
    """A photo to keep: JPEG bytes, a JPEG thumbnail, its size in pixels, SHA-256 of what was sent.

    `moves` says that it is the first picture of an animation.
    """

    content: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str
    moves: bool = False


def limits_text() -> str:
    """The limits in words, said before anybody picks a file."""
    webp = LIMITS.max_pixels_of["WEBP"]
    megapixels = (
        f"{LIMITS.max_pixels // 10**6} megapixels as JPEG, {webp // 10**6} as WebP, "
        f"{LIMITS.max_pixels_whole // 10**6} as progressive JPEG or in another format"
    )
    return (
        f"{ACCEPTED}, up to {MAX_BYTES // 2**20} MB, {MAX_PHOTOS} photos at a time. "
        f"From {MIN_SIDE} to {LIMITS.max_side:,} pixels a side; up to {megapixels}. "
        "Of a moving picture the first one is taken"
    )


def clean_photo(file: BinaryIO, *, size: int) -> CleanPhoto:
    """Check a file by its content and make the copy that is kept.

    `size` is in bytes. Raises PhotoRefused with what is wrong and what helps.
    """
    try:
        check_size(size, LIMITS)
        file.seek(0)
        data = file.read(MAX_BYTES)
        found = opened(data, limits=LIMITS, side=KEPT_SIDE)
        return _copy_of(found.image, sha256=hashlib.sha256(data).hexdigest(), moves=found.moves)
    except ImageRefused as refusal:
        text = f"{refusal.message} {_ADVICE[refusal.code]}"
        raise PhotoRefused(refusal.code, text, status=refusal.status) from refusal


def _copy_of(image: Image.Image, *, sha256: str, moves: bool) -> CleanPhoto:
    """No copy without metadata, no photo: what was sent is never kept in its place."""
    try:
        if max(image.size) > MOST_KEPT:
            image.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        quality = QUALITY if max(image.size) <= KEPT_SIDE else LARGE_QUALITY
        content = jpeg_bytes(image, quality=quality)
        thumbnail = jpeg_bytes(_thumbnail(image), quality=THUMBNAIL_QUALITY)
    except (OSError, ValueError, MemoryError) as error:
        raise ImageRefused from error
    return CleanPhoto(content, thumbnail, image.width, image.height, sha256, moves)


def _thumbnail(image: Image.Image) -> Image.Image:
    """A small copy, without one of the whole in between."""
    scale = min(1.0, THUMBNAIL_SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
