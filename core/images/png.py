"""PNG: its picture without metadata, and what of them changes how it looks. W3C PNG, third edition."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from core.images.contained import Contained
from core.images.orientation import exif_orientation
from core.images.profiles import of_cicp, of_gamma

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
#: How many bytes each colour type's transparency has; a palette's is told by its entries.
_TRANSPARENCY = {0: 2, 2: 6}
_GREY, _RGB, _PALETTE, _GREY_ALPHA = 0, 2, 3, 4
_MAX_ICC, _MAX_EXIF = 4 * 2**20, 2**16
_RAW_EXIF = b"Raw profile type exif\x00"
_NO_HEX = re.compile(rb"[^0-9a-fA-F]")


@dataclass
class _Around:
    """The chunks that are no picture, as far as they matter; of each the first."""

    icc: bytes = b""
    cicp: bytes = b""
    gamma: bytes = b""
    primaries: bytes = b""
    exif: bytes = b""
    raw_exif: bytes = b""
    frames: bytes = b""
    is_srgb: bool = False


_NAMES = {
    b"iCCP": "icc",
    b"cICP": "cicp",
    b"gAMA": "gamma",
    b"cHRM": "primaries",
    b"eXIf": "exif",
    b"acTL": "frames",
}


def read_png(data: bytes) -> Contained:
    """What a PNG holds. Its decoder meets only the chunks that make the picture."""
    around, kept, has_pixels = _Around(), [_SIGNATURE], False
    depth, colour_type = (data[24], data[25]) if len(data) > 25 else (0, 0)
    for name, body, chunk in _chunks(data):
        if name == b"IEND":
            break
        if name in (b"IHDR", b"PLTE", b"IDAT"):
            kept.append(chunk)
            has_pixels = has_pixels or name == b"IDAT"
        elif name == b"tRNS" and not has_pixels:
            kept += _transparency(body, depth, colour_type)
        elif name == b"sRGB":
            around.is_srgb = True
        elif name in _NAMES and not getattr(around, _NAMES[name]):
            setattr(around, _NAMES[name], body)
        elif name in (b"tEXt", b"zTXt") and body.startswith(_RAW_EXIF):
            around.raw_exif = around.raw_exif or name + body
    exif = around.exif or _raw_exif(around.raw_exif)
    return Contained(
        kind="PNG",
        data=b"".join((*kept, _END)),
        orientation=exif_orientation(exif),
        icc=_profile(around, is_grey=colour_type in (_GREY, _GREY_ALPHA)),
        moves=int.from_bytes(around.frames[:4], "big") > 1,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Each chunk: its name, its content, and all of its bytes. What goes beyond the file ends with it."""
    at, size = len(_SIGNATURE), len(data)
    while at + 8 <= size:
        length = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > size:
            yield name, data[at + 8 :], _chunk(name, data[at + 8 :])
            return
        yield name, data[at + 8 : end - 4], data[at:end]
        at = end


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def _transparency(body: bytes, depth: int, colour_type: int) -> list[bytes]:
    """The chunk that says what is transparent, in numbers of the decoded picture; none where it is odd."""
    if colour_type == _PALETTE:
        return [_chunk(b"tRNS", body)] if 0 < len(body) <= 256 else []
    if len(body) != _TRANSPARENCY.get(colour_type, -1):
        return []
    values = [int.from_bytes(body[at : at + 2], "big") for at in range(0, len(body), 2)]
    if colour_type == _GREY and depth in (2, 4):
        values = [value * 255 // (2**depth - 1) for value in values]
    if colour_type == _RGB and depth == 16:
        values = [value >> 8 for value in values]
    return [_chunk(b"tRNS", b"".join(min(value, 65535).to_bytes(2, "big") for value in values))]


def _profile(around: _Around, *, is_grey: bool) -> bytes:
    """The profile of the colours, by what the standard puts first. Empty for sRGB."""
    if len(around.cicp) == 4:
        return of_cicp(around.cicp[0], around.cicp[1])
    if icc := _unpacked(around.icc.partition(b"\x00")[2], _MAX_ICC):
        return icc
    if around.is_srgb or len(around.gamma) != 4:
        return b""
    gamma = int.from_bytes(around.gamma, "big")
    values = [int.from_bytes(around.primaries[at : at + 4], "big") for at in range(0, 32, 4)]
    has_primaries = len(around.primaries) == 32 and not is_grey
    return of_gamma(gamma / 100_000, [value / 100_000 for value in values] if has_primaries else None)


def _unpacked(packed: bytes, most: int) -> bytes:
    """Method and deflated bytes, unpacked as far as they make sense; empty where they make none."""
    if packed[:1] != b"\x00":
        return b""
    try:
        return zlib.decompressobj().decompress(packed[1:], most)
    except zlib.error:
        return b""


def _raw_exif(chunk: bytes) -> bytes:
    """EXIF as programs wrote it into texts before it had a chunk: kind, length, then hexadecimal digits."""
    text = chunk[4 + len(_RAW_EXIF) :]
    if chunk[:4] == b"zTXt":
        text = _unpacked(text, 2 * _MAX_EXIF)
    lines = text[: 2 * _MAX_EXIF].strip().split(b"\n", 2)
    digits = _NO_HEX.sub(b"", lines[2]) if len(lines) == 3 else b""
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
