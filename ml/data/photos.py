"""From the bytes of a photo to pixels: the one decoder of serving, training and evaluation.

Decoding is most of what a photo costs. A phone's 12 megapixels are never needed by a network whose input is
224 x 224, so JPEGs are decoded at the smallest of libjpeg's scales that is still large enough ("draft").
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.images import PHOTO_LIMITS, ImageRefused, Limits, check_size, opened
from ml.exceptions import PhotoError

#: A photo: the path of a file, the bytes of one, or one that is open.
Source = str | Path | bytes | BinaryIO
#: Short side, in pixels, that a decoded photo keeps at least, where it has that many.
DECODE_SHORT_SIDE = 512
#: Photos that are at hand already may be small, and larger than anybody sends.
ANY_SIZE = replace(PHOTO_LIMITS, max_bytes=500 * 2**20, min_width=1, min_height=1)


def as_stream(source: Source) -> str | Path | BinaryIO:
    """What Pillow can open: bytes as a stream, all else as it is."""
    return io.BytesIO(source) if isinstance(source, bytes) else source


def open_photo(
    source: Source, *, short_side: int = DECODE_SHORT_SIDE, limits: Limits = ANY_SIZE
) -> Image.Image:
    """Decode a photo upright and in RGB, at the smallest scale whose short side is at least `short_side`.

    Raises PhotoError where the bytes are not a readable photo within the limits.
    """
    try:
        return opened(_bytes_of(source, limits), limits=limits, short_side=short_side).image
    except FileNotFoundError:
        raise PhotoError(f"There is no file {source!s}.") from None
    except ImageRefused as refusal:
        raise PhotoError(refusal.message) from refusal
    except (OSError, ValueError) as error:  # a folder, a file that may not be read, a name that can't be one
        raise PhotoError(
            f"{source!s} can't be opened: {getattr(error, 'strerror', None) or error}."
        ) from error


def _bytes_of(source: Source, limits: Limits) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, (str, Path)):
        check_size(Path(source).stat().st_size or 1, limits)
        return Path(source).read_bytes()
    return source.read()


def to_input(
    image: Image.Image,
    *,
    size: int,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    box: tuple[float, float, float, float] | None = None,
) -> NDArray[np.float32]:
    """The input of the network: the photo, or `box` of it, as float32 of shape (3, size, size), normalised.

    `image` is RGB. `box` is (left, top, right, bottom) in shares of width and height. `mean` and `std` are
    shares of white by channel. The photo is squeezed to a square rather than cropped, so that a car at the
    edge of the picture is never cut away; the network is trained on the same squeeze.
    """
    pixels = None
    if box is not None:
        left, top, right, bottom = box
        pixels = (left * image.width, top * image.height, right * image.width, bottom * image.height)
    small = image.resize((size, size), Image.Resampling.BILINEAR, box=pixels, reducing_gap=2.0)
    shares = np.asarray(small, dtype=np.float32) / np.float32(255)
    values = (shares - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1))
