"""The door for strangers' bytes: what comes out is a plain upright JPEG without any metadata, or a PhotoRefused.

The kept copy is made anew from the pixels, so nothing that the sender's file carried (place, camera, comments,
a second file glued to its end) can be in it. Limits are checked before any pixel is decoded.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from classifier.exceptions import PhotoRefused
from ml.data.photos import register_heif, to_rgb

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
MAX_SIDE = 12_000
MIN_SIDE = 64
MAX_PHOTOS = 20
#: A progressive JPEG has about ten; each costs a pass over the whole picture, and a crafted file has thousands.
MAX_SCANS = 100
#: The kept copy's long side and the thumbnail's, in pixels. 1600 lets libjpeg decode a 12-megapixel photo at half scale;
#: what comes out of that, 2000 pixels and a little more, is kept as it is: to shrink it further cost half of all the time.
KEPT_SIDE, MOST_KEPT = 1600, 2048
THUMBNAIL_SIDE = 320
#: Of JPEG. Traces of compression show less where there are more pixels.
QUALITY, LARGE_QUALITY = 88, 82
ACCEPTED = "JPEG, PNG, WebP, HEIC or AVIF"
#: Of pictures that are larger than this in memory, one process decodes one at a time: 50 megapixels take 200 MB.
LARGE_PIXELS = 16_000_000
_one_large_picture = threading.Lock()
_SCAN = b"\xff\xda"
#: What begins a part of a JPEG; within the data of a scan 0 follows on 255, or the number of a restart.
_MARKER = re.compile(rb"\xff+[^\x00\x01\xd0-\xd8\xff]")

_EXTENSIONS = {
    "JPEG": {"jpg", "jpeg", "jpe", "jfif"},
    "PNG": {"png"},
    "WEBP": {"webp"},
    "HEIF": {"heic", "heif", "hif"},
    "AVIF": {"avif"},
}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_REFUSED = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"BM", "a BMP"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an SVG drawing"),
)


@dataclass(frozen=True)
class CleanPhoto:
    """A photo that may be kept: JPEG bytes, a JPEG thumbnail, its size in pixels, SHA-256 of what was sent."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str


def limits_text() -> str:
    """The limits in words, said before anybody picks a file."""
    return f"{ACCEPTED}, up to {MAX_BYTES // 2**20} MB and {MAX_PIXELS // 10**6} megapixels, {MAX_PHOTOS} photos at a time"


def clean_photo(file: BinaryIO, *, name: str, size: int) -> CleanPhoto:
    """Check a file by its content and make the copy that is kept.

    `name` only lends its extension, `size` is in bytes. Raises PhotoRefused with what is wrong and what helps.
    """
    if size == 0:
        raise PhotoRefused(
            "empty", "This file is empty. Choose the photo again; it may not have finished copying."
        )
    if size > MAX_BYTES:
        raise PhotoRefused(
            "too_large",
            f"This file is larger than {MAX_BYTES // 2**20} MB. Send a smaller version; 2000 pixels wide is plenty.",
            status=413,
        )
    file.seek(0)
    data = file.read(MAX_BYTES + 1)
    kind = _kind_of(data)
    _check_extension(name, kind)
    image = _decode(data, kind)
    try:
        if max(image.size) > MOST_KEPT:
            image.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        quality = QUALITY if max(image.size) <= KEPT_SIDE else LARGE_QUALITY
        content, small = _jpeg(image, quality=quality), _jpeg(_thumbnail(image), quality=80)
    except (OSError, ValueError, MemoryError) as error:
        # No copy without metadata, no photo: what was sent is never kept in its place.
        raise _damaged() from error
    return CleanPhoto(
        content=content,
        thumbnail=small,
        width=image.width,
        height=image.height,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _kind_of(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and (brands := _brands(data)):
        if not brands.isdisjoint(_AVIF_BRANDS):
            return "AVIF"
        if not brands.isdisjoint(_HEIF_BRANDS):
            return "HEIF"
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, what in _REFUSED:
        if start.startswith(magic.lower()):
            raise PhotoRefused("unsupported_format", f"This is {what}, not a photo. Send {ACCEPTED}.")
    raise PhotoRefused("not_an_image", f"This file is not a photo. Send {ACCEPTED}.")


def _brands(data: bytes) -> set[bytes]:
    """The major and the compatible brands of a file of boxes: what it says it may be read as. ISO/IEC 14496-12, 4.3."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[at : at + 4] for at in (8, *range(16, end - 3, 4))}


def _check_extension(name: str, kind: str) -> None:
    extension = PurePath(name.replace("\x00", "")).suffix.lower().lstrip(".")
    if extension and extension not in _EXTENSIONS[kind]:
        wanted = sorted(_EXTENSIONS[kind])[-1] if kind == "JPEG" else min(_EXTENSIONS[kind])
        wanted = "jpg" if kind == "JPEG" else wanted
        raise PhotoRefused(
            "wrong_extension",
            f"This file's name ends in .{extension[:10]}, but it is a {kind.replace('HEIF', 'HEIC')} photo. "
            f"Rename it to end in .{wanted}, or save it again from your photo app.",
        )


def _decode(data: bytes, kind: str) -> Image.Image:
    """Pixels, upright and RGB, at about the kept size. Sides and pixels are checked before decoding."""
    if kind == "HEIF":
        register_heif()
    formats = ("JPEG", "MPO") if kind == "JPEG" else (kind,)
    try:
        with warnings.catch_warnings():
            # Our own limit comes first; Pillow's warning about large pictures has nothing to add.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=formats)
            _check_frame(image)
            _check_scans(data, kind)
            scale = KEPT_SIDE / max(image.size)
            if scale < 1:
                image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
            with _one_large_picture if image.width * image.height > LARGE_PIXELS else nullcontext():
                return _upright(image)
    except PhotoRefused:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except MemoryError:
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise _damaged() from None
    # Decoders meet hostile bytes here, and each library fails in its own way: whatever it is, the photo is refused.
    except Exception as error:
        raise _damaged() from error


def _upright(image: Image.Image) -> Image.Image:
    """Load, shrink to not less than the kept size, turn.

    A strip at a time: converting the whole of a large picture would need three times its memory.
    """
    image.load()
    factor = max(image.size) // KEPT_SIDE
    if factor > 1:
        small = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
        for top in range(0, image.height, 64 * factor):
            strip = image.crop((0, top, image.width, min(top + 64 * factor, image.height)))
            small.paste(to_rgb(strip).reduce(factor), (0, top // factor))
    else:
        small = to_rgb(image)
    small.getexif()[ExifTags.Base.Orientation] = image.getexif().get(ExifTags.Base.Orientation, 1)
    ImageOps.exif_transpose(small, in_place=True)
    return small


def _thumbnail(image: Image.Image) -> Image.Image:
    """A small copy, without one of the whole in between."""
    scale = min(1.0, THUMBNAIL_SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)


def _check_frame(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise _too_many_pixels()
    if min(image.size) < MIN_SIDE:
        raise PhotoRefused(
            "too_small",
            f"This picture is {image.width} x {image.height} pixels; at least {MIN_SIDE} on each side are needed "
            "to tell cars apart. Send the original rather than a thumbnail.",
        )
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise PhotoRefused("animated", "This is an animation. Send a single photo of the car.")


def _check_scans(data: bytes, kind: str) -> None:
    # What stands behind the picture (a telephone's short film) has these two bytes by chance, so that many are counted well.
    if kind == "JPEG" and data.count(_SCAN) > MAX_SCANS and _scans(data) > MAX_SCANS:
        raise _damaged()


def _scans(data: bytes) -> int:
    """How often a JPEG's picture is passed over: its scans, up to the picture's end. ITU T.81, annex B."""
    count, at = 0, 2
    while (marker := _MARKER.search(data, at)) and (code := marker[0][-1:]) != b"\xd9":
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        count += code == _SCAN[1:]
    return count


def _too_many_pixels() -> PhotoRefused:
    return PhotoRefused(
        "too_many_pixels",
        f"This picture has more than {MAX_PIXELS // 10**6} megapixels or a side of more than {MAX_SIDE} pixels. "
        "Send a smaller version.",
    )


def _damaged() -> PhotoRefused:
    return PhotoRefused(
        "damaged",
        "This photo can't be read: it is damaged or ends early. Send it again, or another photo of the car.",
    )


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    """JPEG bytes with nothing but pixels: Pillow would carry comments and colour profiles over from `info`."""
    image.info.clear()
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
