"""WebP: what of its chunks changes how the picture looks. RFC 9649."""

from __future__ import annotations

from core.images.contained import Contained
from core.images.orientation import exif_orientation

_MAX_ICC = 4 * 2**20


def read_webp(data: bytes) -> Contained:
    """What a WebP holds. Its decoder gets the whole file: it takes the chunks of metadata for mere bytes."""
    found: dict[bytes, bytes] = {}
    frames, at = 0, 12
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"ANMF":
            frames += 1
        elif name in (b"EXIF", b"ICCP"):
            found.setdefault(name, data[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return Contained(
        kind="WEBP",
        data=data,
        orientation=exif_orientation(found.get(b"EXIF", b"")),
        icc=found.get(b"ICCP", b"")[:_MAX_ICC],
        moves=frames > 1,
        bytes_per_pixel=12.5,
    )
