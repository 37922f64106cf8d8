"""What a file may be, and the one error of everything that it may not be."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import ExpectedError


@dataclass(frozen=True)
class Limits:
    """What a file may be: its bytes, and the sides and pixels of its picture.

    They are those of the picture as it is stored, before it is turned upright. `max_pixels` holds for
    ordinary JPEGs, which are decoded small; `max_pixels_whole` for what has to be decoded as a whole, and
    `max_pixels_of` for formats whose decoder needs more memory than others.
    """

    max_bytes: int
    max_pixels: int
    max_side: int
    min_width: int
    min_height: int
    max_pixels_whole: int = 0
    max_pixels_of: dict[str, int] = field(default_factory=dict)

    def pixels(self, kind: str, *, is_whole: bool) -> int:
        """The most pixels of a picture of this format; `is_whole` says that it can't be decoded small."""
        most = self.max_pixels_of.get(kind, self.max_pixels_whole) if is_whole else 0
        return min(most or self.max_pixels, self.max_pixels)


#: What the site takes, and with it `python -m ml predict`. Phones make up to 200 megapixels as JPEG, and
#: panoramas of 62 as HEIC. With these limits decoding takes at most, in MB: ordinary JPEG 20, progressive
#: 390, PNG 310, HEIC 280, WebP 390, AVIF 500, GIF 90, JPEG XL 400 in a process of its own.
PHOTO_LIMITS = Limits(
    max_bytes=20 * 2**20,
    max_pixels=200_000_000,
    max_side=32_768,
    min_width=64,
    min_height=64,
    max_pixels_whole=64_000_000,
    max_pixels_of={"WEBP": 32_000_000},
)


class ImageRefused(ExpectedError):
    """The bytes are no picture that may be used. `message` says what is wrong with them, and gives no advice.

    `code` is one of empty, too_large, not_an_image, unsupported_format, too_small, too_many_pixels, animated,
    damaged.
    """

    code = "damaged"
    message = "This photo can't be read: it is damaged or ends early."


def check_size(size: int, limits: Limits) -> None:
    """Raise ImageRefused where a file of `size` bytes is empty or too large."""
    if size == 0:
        raise ImageRefused("This file is empty.", code="empty")
    if size > limits.max_bytes:
        text = f"This file is larger than {limits.max_bytes // 2**20} MB."
        raise ImageRefused(text, code="too_large", status=413)


def check_frame(size: tuple[int, int], limits: Limits, kind: str, *, is_whole: bool) -> None:
    """Raise ImageRefused where a picture has too many pixels or too few."""
    width, height = size
    if width * height > limits.pixels(kind, is_whole=is_whole) or max(size) > limits.max_side:
        raise too_many_pixels(limits, kind, is_whole=is_whole)
    if width < limits.min_width or height < limits.min_height:
        text = f"This picture is too small: {width} x {height} pixels."
        raise ImageRefused(text, code="too_small")


def too_many_pixels(limits: Limits, kind: str, *, is_whole: bool) -> ImageRefused:
    """The refusal of a picture that is too large to be decoded."""
    megapixels = limits.pixels(kind, is_whole=is_whole) // 10**6
    names = {"JPEG": "a progressive JPEG" if is_whole else "a JPEG", "HEIF": "HEIC", "JXL": "JPEG XL"}
    text = (
        f"This picture has more than {megapixels} megapixels, the most of {names.get(kind, kind)}, "
        f"or a side of more than {limits.max_side} pixels."
    )
    return ImageRefused(text, code="too_many_pixels")
