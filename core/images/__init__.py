"""The one way to open image bytes that strangers sent or that were fetched from the open web. Knows no
Django.

`open_image` decides by the content what a file is and checks size, pixels and scans before any pixel is
decoded. Metadata never decide: they are skipped before a decoder sees the file, but for the orientation and
the profile of the colours, each of which can fail alone. It returns upright RGB pixels in sRGB or raises
ImageRefused, whatever the decoder made of the bytes. `jpeg_bytes` encodes pixels and nothing else, so that no
metadata (place, camera, comments, a second file glued to the end) outlives the two.
"""

from __future__ import annotations

from core.images.jpeg import MAX_SCANS
from core.images.kinds import FORMATS, format_of
from core.images.opening import Opened, open_image, opened
from core.images.pixels import jpeg_bytes, to_rgb
from core.images.refusal import PHOTO_LIMITS, ImageRefused, Limits, check_size

__all__ = [
    "FORMATS",
    "MAX_SCANS",
    "PHOTO_LIMITS",
    "ImageRefused",
    "Limits",
    "Opened",
    "check_size",
    "format_of",
    "jpeg_bytes",
    "open_image",
    "opened",
    "to_rgb",
]
