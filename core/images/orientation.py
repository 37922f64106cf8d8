"""How a picture is turned upright, by the one tag of EXIF that changes what is seen.

Nothing else of EXIF is read: whatever is wrong with the rest of it can't keep a photo out.
"""

from __future__ import annotations

import struct

from PIL import Image

_ORIENTATION = 0x0112
#: Tags of one directory that are looked at; cameras write some twenty.
_MOST_TAGS = 1000
_SHORT, _LONG = 3, 4
_BYTE_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def exif_orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 to 8; 1 wherever the bytes do not say it."""
    for _ in range(2):  # some programs write the name twice
        exif = exif.removeprefix(b"Exif\x00\x00")
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for at in range(start + 2, start + 2 + 12 * min(count, _MOST_TAGS), 12):
            tag, kind, _ = struct.unpack_from(f"{order}HHI", exif, at)
            if tag == _ORIENTATION and kind in (_SHORT, _LONG):
                (value,) = struct.unpack_from(f"{order}{'H' if kind == _SHORT else 'I'}", exif, at + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture turned as `orientation` says."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
