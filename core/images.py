"""The one way to open image bytes that strangers sent or that were fetched from the open web. Knows no
Django.

`open_image` decides by the content what a file is and checks size, pixels, frames and scans before any pixel
is decoded. It returns upright RGB pixels or raises ImageRefused, whatever the decoder made of the bytes.
`jpeg_bytes` encodes pixels and nothing else, so that no metadata (place, camera, comments, a second file
glued to the end) outlives the two.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from core.errors import ExpectedError

#: What `format_of` returns, and all that is ever handed to a decoder: Pillow's other decoders stay out of
#: reach.
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
#: A progressive JPEG has about ten; each costs a pass over the whole picture, and a crafted file has
#: thousands.
MAX_SCANS = 100
#: Of pictures with more pixels than this, one process decodes one at a time: 50 megapixels take 200 MB.
LARGE_PIXELS = 16_000_000

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
#: How files begin that people send in place of a photo, in lower case, and what to call them.
_KNOWN_OTHERS = (
    (b"gif8", "a GIF"),
    (b"%pdf", "a PDF"),
    (b"ii*\x00", "a TIFF"),
    (b"mm\x00*", "a TIFF"),
    (b"bm", "a BMP"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an SVG drawing"),
)
_SCAN = b"\xff\xda"
#: What begins a segment of a JPEG; within the data of a scan 0 follows on 255, or the number of a restart.
_MARKER = re.compile(rb"\xff+[^\x00\x01\xd0-\xd8\xff]")
_ONE_LARGE_PICTURE = threading.Lock()


@dataclass(frozen=True)
class Limits:
    """What a file may be: its bytes, and the sides and pixels of its picture.

    They are those of the picture as it is stored, before it is turned upright.
    """

    max_bytes: int
    max_pixels: int
    max_side: int
    min_width: int
    min_height: int


class ImageRefused(ExpectedError):
    """The bytes are no picture that may be used. `message` says what is wrong with them, and gives no advice.

    `code` is one of empty, too_large, not_an_image, unsupported_format, too_small, too_many_pixels, animated,
    damaged.
    """

    code = "damaged"
    message = "This photo can't be read: it is damaged or ends early."


def register_heif() -> None:
    """Teach Pillow to read HEIC, the format of many phones. Safe to call more than once."""
    if "HEIF" not in Image.OPEN:
        import pi_heif

        pi_heif.register_heif_opener()


# --- Before decoding ----------------------------------------------------------------------------------------
def check_size(size: int, limits: Limits) -> None:
    """Raise ImageRefused where a file of `size` bytes is empty or too large."""
    if size == 0:
        raise ImageRefused("This file is empty.", code="empty")
    if size > limits.max_bytes:
        text = f"This file is larger than {limits.max_bytes // 2**20} MB."
        raise ImageRefused(text, code="too_large", status=413)


def format_of(data: bytes) -> str:
    """Which of FORMATS the bytes are, by their beginning. Raises ImageRefused where they are none of them."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    brands = _brands(data)
    if not brands.isdisjoint(_AVIF_BRANDS):
        return "AVIF"
    if not brands.isdisjoint(_HEIF_BRANDS):
        return "HEIF"
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for beginning, what in _KNOWN_OTHERS:
        if start.startswith(beginning):
            raise ImageRefused(f"This is {what}, not a photo.", code="unsupported_format")
    raise ImageRefused("This file is not a photo.", code="not_an_image")


def _brands(data: bytes) -> set[bytes]:
    """The major and the compatible brands of a file of boxes (ISO/IEC 14496-12, 4.3).

    They are what the file says it may be read as.
    """
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[at : at + 4] for at in (8, *range(16, end - 3, 4))}


def _check_frame(image: Image.Image, limits: Limits) -> None:
    if image.width * image.height > limits.max_pixels or max(image.size) > limits.max_side:
        raise _too_many_pixels(limits)
    if image.width < limits.min_width or image.height < limits.min_height:
        text = f"This picture is too small: {image.width} x {image.height} pixels."
        raise ImageRefused(text, code="too_small")
    # MPO holds the pair of pictures that some phones make; the first is the photo.
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise ImageRefused("This is an animation.", code="animated")


def _check_scans(data: bytes) -> None:
    # What stands behind the picture (a phone's short film) may have these two bytes by chance: only where
    # there are many of them are the scans themselves counted.
    if data.count(_SCAN) > MAX_SCANS and _scans(data) > MAX_SCANS:
        raise ImageRefused


def _scans(data: bytes) -> int:
    """How often a JPEG's picture is passed over: its scans, up to the picture's end. ITU T.81, annex B."""
    count, at = 0, 2
    while (marker := _MARKER.search(data, at)) and (code := marker[0][-1:]) != b"\xd9":
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        count += code == _SCAN[1:]
    return count


def _too_many_pixels(limits: Limits) -> ImageRefused:
    most = f"{limits.max_pixels // 10**6} megapixels or a side of more than {limits.max_side} pixels"
    return ImageRefused(f"This picture has more than {most}.", code="too_many_pixels")


# --- Decoding -----------------------------------------------------------------------------------------------
def open_image(data: bytes, *, limits: Limits, side: int) -> Image.Image:
    """The picture upright and in RGB, shrunk where it is cheap, its long side not below `side` where it had
    as much.

    Raises ImageRefused, and nothing else, where the bytes are no such picture.
    """
    check_size(len(data), limits)
    kind = format_of(data)
    if kind == "HEIF":
        register_heif()
    try:
        with warnings.catch_warnings():
            # Our own limit comes first; Pillow's warning about large pictures has nothing to add.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=("JPEG", "MPO") if kind == "JPEG" else (kind,))
            _check_frame(image, limits)
            if kind == "JPEG":
                _check_scans(data)
            return _decoded(image, side)
    except ImageRefused:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise _too_many_pixels(limits) from None
    except UnidentifiedImageError:
        raise ImageRefused from None
    # Decoders meet hostile bytes here, and each library fails in its own way: refused, whatever it raises.
    except Exception as error:
        raise ImageRefused from error


def _decoded(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    if scale < 1:  # libjpeg decodes at a half, a quarter or an eighth for a fraction of the cost
        image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
    is_large = image.width * image.height > LARGE_PIXELS
    turn: AbstractContextManager[object] = _ONE_LARGE_PICTURE if is_large else nullcontext()
    with turn:
        image.load()
        small = _shrunk(image, max(image.size) // side)
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    small.getexif()[ExifTags.Base.Orientation] = orientation
    ImageOps.exif_transpose(small, in_place=True)
    return small


def _shrunk(image: Image.Image, factor: int) -> Image.Image:
    """In RGB, and `factor` times smaller, where that is more than 1.

    A strip at a time: converting the whole of a large picture would need three times its memory.
    """
    if factor <= 1:
        return to_rgb(image)
    small = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    for top in range(0, image.height, 64 * factor):
        strip = image.crop((0, top, image.width, min(top + 64 * factor, image.height)))
        small.paste(to_rgb(strip).reduce(factor), (0, top // factor))
    return small


def to_rgb(image: Image.Image) -> Image.Image:
    """Any Pillow mode as RGB; transparency becomes white, 16-bit grey is scaled rather than clipped."""
    if image.mode == "RGB":
        return image
    if image.mode in ("I;16", "I;16B", "I;16L", "I"):
        values = np.asarray(image, dtype=np.float32)
        return Image.fromarray((values / 257).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


# --- Encoding -----------------------------------------------------------------------------------------------
def jpeg_bytes(image: Image.Image, *, quality: int) -> bytes:
    """A JPEG of nothing but pixels.

    Empties `image.info`, from which Pillow would carry comments and colour profiles over.
    """
    image.info.clear()
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
