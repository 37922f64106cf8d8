"""Decoded pixels on their way to RGB: of any mode, a strip at a time, smaller where that is asked for."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.images.colour import to_srgb

_GREY_16 = ("I;16", "I;16B", "I;16L", "I;16N", "I")


@dataclass(frozen=True)
class Decoded:
    """A picture in memory, of which rows can be had: from one, up to another."""

    size: tuple[int, int]
    rows: Callable[[int, int], Image.Image]


def of_image(image: Image.Image) -> Decoded:
    """A picture that Pillow holds."""

    def rows(top: int, bottom: int) -> Image.Image:
        if (top, bottom) == (0, image.height):
            return image
        strip = image.crop((0, top, image.width, bottom))
        strip.info = image.info
        return strip

    return Decoded(image.size, rows)


def of_buffer(
    data: bytes | memoryview, size: tuple[int, int], mode: str, *, raw: str = "", stride: int = 0
) -> Decoded:
    """Pixels as a decoder left them, of which no copy of the whole is made.

    `raw` is Pillow's name for how they lie there, where it is not that of the mode; `stride` a row's bytes.
    """
    width = size[0]
    stride = stride or width * (4 if raw == "RGBX" else Image.getmodebands(mode))
    view = memoryview(data)

    def rows(top: int, bottom: int) -> Image.Image:
        part = view[top * stride : bottom * stride]
        return Image.frombytes(mode, (width, bottom - top), part, "raw", raw or mode, stride)

    return Decoded(size, rows)


def times_smaller(size: tuple[int, int], side: int, short_side: int) -> int:
    """By which whole factor a picture can be shrunk and keep at least `side`, or `short_side`, of those that
    are not 0.
    """
    return max(1, max(size) // side if side else min(size) // short_side if short_side else 1)


def shrunk(picture: Decoded, factor: int, icc: bytes) -> Image.Image:
    """In RGB and sRGB, and `factor` times smaller, where that is more than 1.

    A strip at a time: converting the whole of a large picture would need three times its memory.
    """
    width, height = picture.size
    if factor <= 1:
        return to_rgb(picture.rows(0, height), icc)
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, 64 * factor):
        strip = picture.rows(top, min(top + 64 * factor, height))
        small.paste(_small_strip(strip, factor, icc), (0, top // factor))
    return small


def _small_strip(strip: Image.Image, factor: int, icc: bytes) -> Image.Image:
    if icc and strip.mode in ("RGB", "L", "CMYK") and not strip.has_transparency_data:
        return to_rgb(strip.reduce(factor), icc)  # far fewer colours to change
    return to_rgb(strip, icc).reduce(factor)


def to_rgb(image: Image.Image, icc: bytes = b"") -> Image.Image:
    """Any Pillow mode as RGB in sRGB; transparency becomes white, 16-bit grey is scaled rather than clipped.

    `icc` is the profile of the picture's colours, empty for sRGB.
    """
    if image.mode in _GREY_16:
        image = _eight_bits(image)
    if image.has_transparency_data:
        return _on_white(to_srgb(image.convert("RGBA"), icc))
    if icc and image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("L" if image.mode in ("1", "LA") else "RGB")
    if icc:
        image = to_srgb(image, icc)
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits as grey of 8, what is transparent in it too."""
    values = np.asarray(image, dtype=np.float32)
    grey = Image.fromarray((values / 257).clip(0, 255).astype(np.uint8))
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def jpeg_bytes(image: Image.Image, *, quality: int) -> bytes:
    """A JPEG of nothing but pixels.

    Empties `image.info`, from which Pillow would carry comments and colour profiles over.
    """
    image.info.clear()
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
