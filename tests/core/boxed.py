"""HEIC and AVIF files made of boxes, as phones and programs make them and as they should not be.

The coded picture comes from an encoder; all that is around it is written here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image

from tests.classifier.photos import encoded, picture

HEIC = Path(__file__).resolve().parents[1] / "ml" / "files" / "drawn-car.heic"


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def full(name: bytes, version: int, *parts: bytes, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


@dataclass(frozen=True)
class Coded:
    """A coded picture: the type of its item, its configuration box, its bytes and its size."""

    item: bytes
    config: bytes
    payload: bytes
    size: tuple[int, int]


def _box_at(data: bytes, name: bytes) -> bytes:
    at = data.index(name) - 4
    return data[at : at + struct.unpack_from(">I", data, at)[0]]


@cache
def heic_picture() -> Coded:
    """The car of `tests/ml/files`, 160 x 120."""
    data = HEIC.read_bytes()
    return Coded(b"hvc1", _box_at(data, b"hvcC"), _largest_extent(data), (160, 120))


@cache
def avif_picture(width: int = 160, height: int = 120, mode: str = "RGB") -> Coded:
    data = encoded(picture(width, height, mode), "AVIF", speed=10)
    return Coded(b"av01", _box_at(data, b"av1C"), _largest_extent(data), (width, height))


@cache
def avif_red() -> Coded:
    """All of it (255, 0, 0), as far as a codec can."""
    data = encoded(
        Image.new("RGB", (160, 120), (255, 0, 0)), "AVIF", quality=100, subsampling="4:4:4", speed=10
    )
    return Coded(b"av01", _box_at(data, b"av1C"), _largest_extent(data), (160, 120))


def _largest_extent(data: bytes) -> bytes:
    """What the item with the most bytes has, by `iloc`."""
    loc = _box_at(data, b"iloc")
    version, sizes = loc[8], struct.unpack_from(">H", loc, 12)[0]
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    count, at = struct.unpack_from(">H", loc, 14)[0], 16
    found = b""
    for _ in range(count):
        at += 2 + (2 if version else 0) + 2
        base = int.from_bytes(loc[at : at + base_size], "big")
        extents, at = struct.unpack_from(">H", loc, at + base_size)[0], at + base_size + 2
        parts = b""
        for _ in range(extents):
            offset = base + int.from_bytes(loc[at : at + offset_size], "big")
            length = int.from_bytes(loc[at + offset_size : at + offset_size + length_size], "big")
            parts, at = parts + data[offset : offset + length], at + offset_size + length_size
        found = max(found, parts, key=len)
    return found


@dataclass
class Item:
    """An item of the file; `properties` are whole boxes, `links` are references: a kind and item numbers."""

    kind: bytes
    payload: bytes
    properties: list[bytes] = field(default_factory=list)
    links: list[tuple[bytes, list[int]]] = field(default_factory=list)
    content_type: bytes = b""


def ispe(width: int, height: int) -> bytes:
    return full(b"ispe", 0, struct.pack(">II", width, height))


def nclx(primaries: int, transfer: int, matrix: int = 6) -> bytes:
    return box(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, matrix, 0x80))


def prof(icc: bytes) -> bytes:
    return box(b"colr", b"prof", icc)


def pixi(*bits: int) -> bytes:
    return full(b"pixi", 0, bytes([len(bits), *bits]))


def coded_item(coded: Coded, *more: bytes, size: tuple[int, int] | None = None) -> Item:
    return Item(coded.item, coded.payload, [coded.config, ispe(*(size or coded.size)), pixi(8, 8, 8), *more])


def boxed(
    items: list[Item],
    *,
    primary: int = 1,
    major: bytes = b"",
    brands: tuple[bytes, ...] = (),
    in_meta: bytes = b"",
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A file of items, numbered from 1. `in_meta` and what is `before` and `after` `meta` are whole boxes."""
    is_avif = any(item.kind == b"av01" for item in items)
    major = major or (b"avif" if is_avif else b"heic")
    brands = brands or ((b"avif", b"mif1", b"miaf") if is_avif else (b"mif1", b"heic"))
    start = box(b"ftyp", major, bytes(4), *brands) + before
    meta = _meta(items, primary, in_meta, 0)
    meta = _meta(items, primary, in_meta, len(start) + len(meta) + len(after) + 8)
    return start + meta + after + box(b"mdat", *(item.payload for item in items))


def _meta(items: list[Item], primary: int, in_meta: bytes, at: int) -> bytes:
    places, infos, properties, associations, links = b"", b"", [], b"", b""
    for number, item in enumerate(items, 1):
        places += struct.pack(">HHHII", number, 0, 1, at, len(item.payload))
        at += len(item.payload)
        infos += full(b"infe", 2, struct.pack(">HH", number, 0), item.kind, b"\0", item.content_type)
        indexes = []
        for one in item.properties:
            if one not in properties:
                properties.append(one)
            indexes.append(properties.index(one) + 1)
        if indexes:
            associations += struct.pack(">HB", number, len(indexes)) + bytes(
                index
                | (0x80 if properties[index - 1][4:8] in (b"hvcC", b"av1C", b"irot", b"imir", b"lsel") else 0)
                for index in indexes
            )
        for kind, to in item.links:
            links += box(kind, struct.pack(f">HH{len(to)}H", number, len(to), *to))
    with_properties = sum(bool(item.properties) for item in items)
    return full(
        b"meta", 0,
        full(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
        full(b"pitm", 0, struct.pack(">H", primary)),
        full(b"iloc", 0, struct.pack(">HH", 0x4400, len(items)), places),
        full(b"iinf", 0, struct.pack(">H", len(items)), infos),
        full(b"iref", 0, links) if links else b"",
        box(b"iprp", box(b"ipco", *properties), full(b"ipma", 0, struct.pack(">I", with_properties), associations)),
        in_meta,
    )  # fmt: skip
