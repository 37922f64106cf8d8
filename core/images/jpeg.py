"""JPEG: its picture without metadata, and the three things that are read from those. ITU T.81, annex B.

Every function takes time in proportion to the bytes: each byte is looked at a fixed number of times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.images.contained import Contained
from core.images.orientation import exif_orientation
from core.images.refusal import ImageRefused

#: A progressive JPEG has about ten; each costs a pass over the whole picture, and a crafted file has
#: thousands.
MAX_SCANS = 100
END = b"\xff\xd9"
_SCAN = b"\xff\xda"
_SCAN_CODE, _END_CODE = 0xDA, 0xD9
#: What begins a segment within the data of a scan: 0 follows on a 255 that is data, or a restart's number.
#: A run of 255s is fill, of which the last begins the segment. Nothing here repeats: no byte is tried twice.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_HEADER_FILL = re.compile(rb"[^\xff]")
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
#: JFIF's part in its shortest form: decoders ask it only whether it is there.
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_MAX_ICC = 4 * 2**20


@dataclass
class _Header:
    """What stands before the first scan."""

    kept: list[bytes] = field(default_factory=list)
    exif: bytes = b""
    icc: dict[int, bytes] = field(default_factory=dict)
    frame: bytes = b""
    is_progressive: bool = False
    scan_at: int = 0


def read_jpeg(data: bytes) -> Contained:
    """What a JPEG holds. Raises ImageRefused where it has no picture, or too many scans."""
    header = _header(data)
    if not header.scan_at or len(header.frame) < 6:
        raise ImageRefused
    _check_scans(data, header.scan_at)
    components = header.frame[5]
    in_first_scan = data[header.scan_at + 4] if len(data) > header.scan_at + 4 else 0
    # Where colours come in scans of their own, all of them wait in memory for the last one.
    is_whole = header.is_progressive or in_first_scan < components
    return Contained(
        kind="JPEG",
        data=b"".join((b"\xff\xd8", *header.kept, data[header.scan_at :])),
        orientation=exif_orientation(header.exif),
        icc=b"".join(header.icc[number] for number in sorted(header.icc))[:_MAX_ICC],
        is_whole=is_whole,
        bytes_per_pixel=2 * _samples(header.frame) + 1 if is_whole else 0.5,
    )


def _header(data: bytes) -> _Header:
    header, at = _Header(), 2
    while match := _HEADER_FILL.search(data, at):
        # Between segments decoders skip whatever is no marker; after 255s stands the marker's code.
        code_at = match.start()
        if data[code_at - 1] != 0xFF or code_at == at or data[code_at] == 0:
            at = data.find(b"\xff", code_at)
            if at < 0:
                break
            continue
        code = data[code_at]
        if code == _END_CODE:
            break
        if code == 0x01 or 0xD0 <= code <= 0xD8:
            at = code_at + 1
            continue
        if code == _SCAN_CODE:
            header.scan_at = code_at - 1
            break
        length = int.from_bytes(data[code_at + 1 : code_at + 3], "big")
        end = code_at + 1 + max(length, 2)
        _take(header, code, data[code_at + 3 : end], data[code_at - 1 : end])
        at = end
    return header


def _take(header: _Header, code: int, body: bytes, segment: bytes) -> None:
    if code in _FRAMES and not header.frame:
        header.frame, header.is_progressive = body, code in _PROGRESSIVE
    if code == 0xE1 and body.startswith(b"Exif\x00\x00"):
        header.exif = header.exif or body
    elif code == 0xE2 and body.startswith(b"ICC_PROFILE\x00") and len(body) > 14:
        header.icc.setdefault(body[12], body[14:])
    header.kept.append(_kept(code, body, segment))


def _kept(code: int, body: bytes, segment: bytes) -> bytes:
    """What of a segment the decoder gets: of metadata only what says how colours are stored."""
    if code == 0xE0:
        return _JFIF if body.startswith(b"JFIF\x00") and len(body) >= 14 else b""
    if code == 0xEE:
        return b"\xff\xee\x00\x0e" + body[:12] if body.startswith(b"Adobe") and len(body) >= 12 else b""
    return b"" if 0xE0 <= code <= 0xEF or code == 0xFE else segment


def _samples(frame: bytes) -> float:
    """How many samples a pixel has: 3 where all colours are stored for each, mostly 1.5."""
    factors = frame[7 : 6 + 3 * frame[5] : 3]
    areas = [(byte >> 4) * (byte & 15) for byte in factors]
    widest = max((byte >> 4 for byte in factors), default=1) * max((byte & 15 for byte in factors), default=1)
    return min(4.0, sum(areas) / max(widest, 1))


def _check_scans(data: bytes, at: int) -> None:
    # What stands behind the picture (a phone's short film) may have these two bytes by chance: only where
    # there are many of them are the scans themselves counted.
    if data.count(_SCAN, at) > MAX_SCANS and _scans(data, at) > MAX_SCANS:
        raise ImageRefused


def _scans(data: bytes, at: int) -> int:
    """How often a JPEG's picture is passed over: its scans, up to the picture's end."""
    count = 0
    while (marker := _MARKER.search(data, at)) and (code := marker[0][1]) != _END_CODE:
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        count += code == _SCAN_CODE
    return count
