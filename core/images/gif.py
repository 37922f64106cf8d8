"""GIF: whether it moves. GIF89a, without decoding a pixel."""

from __future__ import annotations

from core.images.contained import Contained

_PICTURE, _EXTENSION = 0x2C, 0x21


def read_gif(data: bytes) -> Contained:
    """What a GIF holds. The decoder is asked for its first picture alone."""
    return Contained(kind="GIF", data=data, moves=_pictures(data, most=2) > 1, bytes_per_pixel=5.5)


def _pictures(data: bytes, *, most: int) -> int:
    """How many pictures there are, counted up to `most`."""
    count, at = 0, 13 + _palette(data, 10)
    while at < len(data) and count < most:
        if data[at] == _PICTURE:
            count += 1
            at = _after_blocks(data, at + 11 + _palette(data, at + 9))
        elif data[at] == _EXTENSION:
            at = _after_blocks(data, at + 2)
        else:
            break
    return count


def _palette(data: bytes, at: int) -> int:
    """How many bytes the palette has that the flags at this place announce."""
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Behind a chain of blocks, each of which begins with its length, up to the empty one."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
