"""What the readers of the formats find in a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contained:
    """A picture as it lies in a file, and the little around it that changes how it looks.

    `data` is what the decoder gets: a file of the same format without metadata, wherever its decoder would
    read them. `orientation` is EXIF's, 1 to 8; `icc` the profile of its colours, empty for sRGB; `moves` says
    that it is the first of several pictures of an animation, `is_film` that there is nothing but a film;
    `is_whole` that its decoder can't make it small. `bytes_per_pixel` is what decoding takes at its peak, as
    measured.
    """

    kind: str
    data: bytes
    orientation: int = 1
    icc: bytes = b""
    moves: bool = False
    is_film: bool = False
    is_whole: bool = True
    bytes_per_pixel: float = 4.5
