"""Windows bitmaps: their colours, where the header says them."""

from __future__ import annotations

import struct

from core.images.contained import Contained
from core.images.refusal import ImageRefused

_V5, _EMBEDDED = 124, b"DEBM"
_RUN_LENGTHS, _MAX_PACKED = (1, 2), 2**20
_MAX_ICC = 4 * 2**20


def read_bmp(data: bytes) -> Contained:
    """What a BMP holds. Raises ImageRefused where it is packed and long: those are unpacked slowly."""
    packing = int.from_bytes(data[30:34], "little") if data[14] >= 40 else 0
    if packing in _RUN_LENGTHS and len(data) > _MAX_PACKED:
        raise ImageRefused("This is a large packed BMP, which can't be read here.", code="unsupported_format")
    icc = b""
    if len(data) >= 14 + _V5 and data[14] == _V5 and data[14 + 56 : 14 + 60] == _EMBEDDED:
        place, size = struct.unpack_from("<II", data, 14 + 112)
        icc = data[14 + place : 14 + place + min(size, _MAX_ICC)]
    return Contained(kind="BMP", data=data, icc=icc)
