"""From bytes to pixels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image, ImageChops

from core.images import jpeg
from core.images.bmp import read_bmp
from core.images.boxes import bare, read_boxes
from core.images.contained import Contained
from core.images.gif import read_gif
from core.images.jxl import BYTES_PER_PIXEL, decode_apart, header_of
from core.images.kinds import format_of
from core.images.memory import memory
from core.images.orientation import exif_orientation, upright
from core.images.pixels import of_buffer, of_image, shrunk, times_smaller
from core.images.png import read_png
from core.images.refusal import PHOTO_LIMITS, ImageRefused, Limits, check_frame, check_size, too_many_pixels
from core.images.webp import read_webp

#: Pillow's own limit, of pictures that are decoded whole, would come before ours for JPEGs that are not.
Image.MAX_IMAGE_PIXELS = PHOTO_LIMITS.max_pixels
#: Of a JPEG that ends early: the share of its height up to which it has to be there, or all but the last row
#: of its blocks, and what these change above them.
_ENOUGH, _BLOCK, _ABOVE = 0.98, 16, 2
#: Other formats may lack so many bytes of their end.
_MAY_LACK = 64
#: What may stand in for the rest of a JPEG. Where the picture is whole, both make the same of it.
_ENDINGS = (jpeg.END, b"\xa5\x3c\x96\x5a\x69\xc3" * 512 + jpeg.END)


@dataclass(frozen=True)
class Opened:
    """A picture upright, in RGB and sRGB. `moves` says that it is the first of an animation's pictures."""

    image: Image.Image
    kind: str
    moves: bool


def open_image(data: bytes, *, limits: Limits, side: int) -> Image.Image:
    """The picture alone that `opened` finds, its long side not below `side`."""
    return opened(data, limits=limits, side=side).image


def opened(data: bytes, *, limits: Limits, side: int = 0, short_side: int = 0) -> Opened:
    """The picture, shrunk where it is cheap: its long side not below `side`, or its short one not below
    `short_side`, where it had as much.

    Raises ImageRefused, and nothing else, where the bytes are no such picture.
    """
    check_size(len(data), limits)
    kind = format_of(data)
    try:
        with warnings.catch_warnings():
            # Our own limit comes first; Pillow's warning about large pictures has nothing to add.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _opened(data, kind, limits, (side, short_side))
    except ImageRefused:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise too_many_pixels(limits, kind, is_whole=True) from None
    # Decoders meet hostile bytes here, and each library fails in its own way: refused, whatever it raises.
    except Exception as error:
        raise ImageRefused from error


def _opened(data: bytes, kind: str, limits: Limits, sides: tuple[int, int]) -> Opened:
    if kind == "JXL":
        header = header_of(data)
        check_frame(header.size, limits, kind, is_whole=True)
        with memory(header.size[0] * header.size[1] * BYTES_PER_PIXEL):
            found = decode_apart(data, *sides)
        if isinstance(found, Image.Image):
            return Opened(found, kind, header.moves)
        held = jpeg.read_jpeg(found)
    elif kind in ("HEIF", "AVIF"):
        held = read_boxes(data, kind)
    else:
        held = _READERS[kind](data)
    turn, image = _decoded(held, limits, sides)
    return Opened(upright(image, turn), kind, held.moves)


def _decoded(held: Contained, limits: Limits, sides: tuple[int, int]) -> tuple[int, Image.Image]:
    """How the picture has to be turned, and its pixels."""
    decode = _DECODERS.get(held.kind, _whole)
    try:
        return decode(held, limits, sides)
    except (ImageRefused, MemoryError):
        raise
    except Exception:
        if held.kind in ("JPEG", "PNG"):  # these have been helped already
            raise
        rest = bare(held.data) if held.kind in ("HEIF", "AVIF") else held.data + bytes(_MAY_LACK)
        return decode(replace(held, data=rest), limits, sides)


_READERS: dict[str, Callable[[bytes], Contained]] = {
    "JPEG": jpeg.read_jpeg,
    "PNG": read_png,
    "WEBP": read_webp,
    "BMP": read_bmp,
    "GIF": read_gif,
}


def _checked(held: Contained, data: bytes, limits: Limits) -> Image.Image:
    """The file opened and its size checked, nothing of it decoded."""
    image = Image.open(io.BytesIO(data), formats=(held.kind,))
    check_frame(image.size, limits, held.kind, is_whole=held.is_whole)
    return image


def _pixels(image: Image.Image) -> int:
    return image.width * image.height


# --- Decoders -----------------------------------------------------------------------------------------------
def _jpeg(held: Contained, limits: Limits, sides: tuple[int, int]) -> tuple[int, Image.Image]:
    image = _checked(held, held.data, limits)
    size = image.size
    scale = sides[0] / max(size) if sides[0] else sides[1] / max(1, min(size))

    def load(ending: bytes = b"") -> Image.Image:
        loaded = _checked(held, held.data.rstrip(b"\xff") + ending, limits) if ending else image
        if 0 < scale < 1:  # libjpeg decodes at a half, a quarter or an eighth for a fraction of the cost
            loaded.draft("RGB", (round(size[0] * scale), round(size[1] * scale)))
        loaded.load()
        return loaded

    with memory(_pixels(image) * held.bytes_per_pixel):
        try:
            picture = load()
        except OSError:
            picture = _whole_enough([load(ending) for ending in _ENDINGS])
        factor = times_smaller(picture.size, *sides)
        return held.orientation, shrunk(of_image(picture), factor, held.icc)


def _whole_enough(ways: list[Image.Image]) -> Image.Image:
    """A JPEG that ends early, decoded with different endings: taken where that changes next to nothing."""
    box = ImageChops.difference(
        *(way if way.mode != "CMYK" else way.convert("RGB") for way in ways)
    ).getbbox()
    height = ways[0].height
    if box and box[1] < min(_ENOUGH * height, (height - 1) // _BLOCK * _BLOCK - _ABOVE):
        raise ImageRefused
    return ways[0]


def _whole(held: Contained, limits: Limits, sides: tuple[int, int]) -> tuple[int, Image.Image]:
    image = _checked(held, held.data, limits)
    with memory(_pixels(image) * held.bytes_per_pixel):
        image.load()
        return held.orientation, shrunk(of_image(image), times_smaller(image.size, *sides), held.icc)


def _webp(held: Contained, limits: Limits, sides: tuple[int, int]) -> tuple[int, Image.Image]:
    image: Any = _checked(held, held.data, limits)
    with memory(_pixels(image) * held.bytes_per_pixel):
        pixels, _ = image._decoder.get_next()  # Pillow would make a copy of the whole
        picture = of_buffer(pixels, image.size, image.mode, raw=image.rawmode)
        return held.orientation, shrunk(picture, times_smaller(image.size, *sides), held.icc)


def _avif(held: Contained, limits: Limits, sides: tuple[int, int]) -> tuple[int, Image.Image]:
    image: Any = _checked(held, held.data, limits)
    turn = exif_orientation(image.info.get("exif", b""))  # made by the decoder, of the file's own turns
    with memory(_pixels(image) * held.bytes_per_pixel):
        pixels = image._decoder.get_frame(0)[0]  # Pillow would make a copy of the whole
        picture = of_buffer(pixels, image.size, image.mode)
        return turn, shrunk(picture, times_smaller(image.size, *sides), held.icc)


def _heif(held: Contained, limits: Limits, sides: tuple[int, int]) -> tuple[int, Image.Image]:
    import pi_heif

    if held.is_film:
        raise ImageRefused("This HEIC holds a film and no picture.", code="animated")
    heif = pi_heif.HeifFile(held.data)
    main = heif[heif.primary_index]
    check_frame(main.size, limits, held.kind, is_whole=True)
    with memory(main.size[0] * main.size[1] * held.bytes_per_pixel):
        pixels, stride = main.data, main.stride
        check_frame(main.size, limits, held.kind, is_whole=True)  # known for certain once it is decoded
        picture = of_buffer(pixels, main.size, main.mode, stride=stride)
        return 1, shrunk(picture, times_smaller(main.size, *sides), held.icc)


_DECODERS = {"JPEG": _jpeg, "WEBP": _webp, "AVIF": _avif, "HEIF": _heif}
