"""HEIC and AVIF: files of boxes. ISO/IEC 14496-12 (boxes), 23008-12 (pictures in them).

Read here: which codec the main picture has, its colours, and whether it is one of a film. Metadata are made
unreadable, so that their decoders meet none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.images.contained import Contained
from core.images.profiles import of_cicp

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs",
    b"mif1", b"mif2", b"mif3", b"msf1", b"miaf", b"1pic",
}  # fmt: skip
_CODECS = {b"av01": "AVIF", b"hvc1": "HEIF"}
#: Properties without which a picture can be shown.
_SPARE_PROPERTIES = {b"clap", b"pasp", b"pixi", b"a1op", b"lsel", b"a1lx", b"clli", b"mdcv", b"colr"}
_FILM_BRANDS = {b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"}
_METADATA_ITEMS = (b"Exif", b"mime", b"uri ")
#: Boxes, items and properties that are looked at; a burst of a phone has some hundreds.
_MOST_BOXES = 20_000
_MAX_ICC = 4 * 2**20


@dataclass
class _Meta:
    """What the `meta` box says of the pictures."""

    primary: int = 0
    types: dict[int, bytes] = field(default_factory=dict)
    #: Where the type of each item stands.
    types_at: dict[int, int] = field(default_factory=dict)
    #: Where the names of the boxes stand that say what pictures belong together.
    groups_at: list[int] = field(default_factory=list)
    properties: list[tuple[bytes, int, int]] = field(default_factory=list)
    of_items: dict[int, list[int]] = field(default_factory=dict)
    #: Of which items an item is made.
    parts: dict[int, list[int]] = field(default_factory=dict)

    def type_of(self, item: int) -> bytes:
        """The codec of an item, or of its first part where it is made of parts."""
        kind = self.types.get(item, b"")
        if kind not in _CODECS and item in self.parts:
            kind = self.types.get(self.parts[item][0], kind)
        return kind


def brands_of(data: bytes) -> set[bytes]:
    """The major and the compatible brands: what the file says it may be read as."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(max(int.from_bytes(data[:4], "big"), 12), 4096, len(data))
    return {data[at : at + 4] for at in (8, *range(16, end - 3, 4))}


def kind_of(data: bytes) -> str:
    """AVIF or HEIF; empty where the boxes hold no picture. The main picture's codec decides, then brands."""
    brands = brands_of(data)
    if not brands & (_AVIF_BRANDS | _HEIF_BRANDS):
        return ""
    meta = _meta(data)
    by_brand = "AVIF" if brands & _AVIF_BRANDS else "HEIF"
    return _CODECS.get(meta.type_of(meta.primary), by_brand)


def read_boxes(data: bytes, kind: str) -> Contained:
    """What a HEIC or an AVIF holds. Its decoder reports what is wrong with the boxes."""
    meta = _meta(data)
    is_still = meta.type_of(meta.primary) in _CODECS
    changed = bytearray(data)
    for item, at in meta.types_at.items():
        if meta.types[item] in _METADATA_ITEMS:
            changed[at : at + 4] = b"none"
    films = [start - 4 for name, start, _ in _boxes(data, 0, len(data)) if name == b"moov"]
    for at in (*meta.groups_at, *(films if is_still else ())):
        changed[at : at + 4] = b"free"
    if is_still:
        _say_still(changed, b"avif" if kind == "AVIF" else b"heic")
    elif kind == "AVIF":
        changed[8:12] = b"avis"
    return Contained(
        kind=kind,
        data=bytes(changed),
        icc=_profile(data, meta),
        moves=bool(films) and not (is_still and brands_of(data).isdisjoint(_FILM_BRANDS)),
        is_film=bool(films) and not is_still,
        bytes_per_pixel=8.3 if kind == "AVIF" else 4.8,
    )


def _say_still(data: bytearray, brand: bytes) -> None:
    """Make the brands say that the main picture is meant and no film: decoders go by them."""
    data[8:12] = brand
    end = min(int.from_bytes(data[:4], "big"), 4096, len(data))
    for at in range(16, end - 3, 4):
        if bytes(data[at : at + 4]) in _FILM_BRANDS or at == 16:
            data[at : at + 4] = brand


def bare(data: bytes) -> bytes:
    """The file with nothing but its main picture, for decoders that stumble over what is beside that.

    Its transparency goes too, and crops, which may make no sense.
    """
    meta, changed = _meta(data), bytearray(data)
    needed = {meta.primary, *meta.parts.get(meta.primary, ())}
    for item, at in meta.types_at.items():
        if item not in needed:
            changed[at : at + 4] = b"none"
    for name, start, _ in meta.properties:
        if name in _SPARE_PROPERTIES:
            changed[start - 4 : start] = b"free"
    return bytes(changed)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two places: name, and where the content begins and ends."""
    at, count = start, 0
    while at + 8 <= end and count < _MOST_BOXES:
        size, body = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < body - at:
            return
        yield data[at + 4 : at + 8], body, min(at + size, end)
        at, count = at + size, count + 1


def _inside(data: bytes, start: int, end: int, *path: bytes) -> Iterator[tuple[int, int]]:
    """Where the content of the boxes at a path of names lies."""
    for name, body, stop in _boxes(data, start, end):
        if name == path[0]:
            if len(path) == 1:
                yield body, stop
            else:
                yield from _inside(data, body, stop, *path[1:])


def _meta(data: bytes) -> _Meta:
    """The `meta` box, as far as it makes sense."""
    meta = _Meta()
    try:
        for start, end in _inside(data, 0, len(data), b"meta"):
            for name, body, stop in _boxes(data, start + 4, end):
                if name == b"grpl":
                    meta.groups_at.append(body - 4)
                elif name in _READERS:
                    _READERS[name](data, body, stop, meta)
            break
    except (struct.error, IndexError):
        pass
    return meta


def _read_primary(data: bytes, at: int, end: int, meta: _Meta) -> None:
    meta.primary = _number(data, at + 4, 4 if data[at] else 2)


def _read_items(data: bytes, at: int, end: int, meta: _Meta) -> None:
    for name, body, stop in _boxes(data, at + (8 if data[at] else 6), end):
        if name == b"infe" and data[body] >= 2:
            width = 2 if data[body] == 2 else 4
            place = body + 4 + width + 2
            kind = data[place : min(place + 4, stop)]
            meta.types[_number(data, body + 4, width)] = kind
            meta.types_at[_number(data, body + 4, width)] = place


def _read_references(data: bytes, at: int, end: int, meta: _Meta) -> None:
    width = 4 if data[at] else 2
    for name, body, _ in _boxes(data, at + 4, end):
        if name == b"dimg":
            count = min(_number(data, body + width, 2), (end - body) // width)
            parts = [_number(data, body + width * (1 + k) + 2, width) for k in range(count)]
            if parts:
                meta.parts.setdefault(_number(data, body, width), parts)


def _read_properties(data: bytes, at: int, end: int, meta: _Meta) -> None:
    for start, stop in _inside(data, at, end, b"ipco"):
        meta.properties = list(_boxes(data, start, stop))
    for start, stop in _inside(data, at, end, b"ipma"):
        _read_associations(data, start, stop, meta)


def _read_associations(data: bytes, at: int, end: int, meta: _Meta) -> None:
    width, is_wide = (2 if data[at] == 0 else 4), data[at + 3] & 1
    count, at = min(_number(data, at + 4, 4), _MOST_BOXES), at + 8
    for _ in range(count):
        if at + width >= end:
            return
        item, links, at = _number(data, at, width), data[at + width], at + width + 1
        step = 2 if is_wide else 1
        mask = 0x7FFF if is_wide else 0x7F
        found = [_number(data, at + step * link, step) & mask for link in range(links)]
        meta.of_items.setdefault(item, found)
        at += step * links


_READERS = {
    b"pitm": _read_primary,
    b"iinf": _read_items,
    b"iref": _read_references,
    b"iprp": _read_properties,
}


def _number(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "big")


def _profile(data: bytes, meta: _Meta) -> bytes:
    """The profile of the main picture, of its first part where it has none, or of the film."""
    for item in (meta.primary, *meta.parts.get(meta.primary, ())[:1]):
        numbers = meta.of_items.get(item, [])
        found = [meta.properties[number - 1] for number in numbers if 0 < number <= len(meta.properties)]
        if colours := [data[start:end] for name, start, end in found if name == b"colr"]:
            return _colours(colours)
    track = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    for start, end in _inside(data, 0, len(data), *track):
        for _, entry, stop in _boxes(data, start + 8, end):
            return _colours([data[a:b] for a, b in _inside(data, entry + 78, stop, b"colr")])
    return b""


def _colours(colours: list[bytes]) -> bytes:
    """The profile of `colr` boxes: a profile comes before code points."""
    for colour in colours:
        if colour[:4] in (b"prof", b"rICC"):
            return colour[4 : 4 + _MAX_ICC]
    for colour in colours:
        if colour[:4] == b"nclx" and len(colour) >= 8:
            return of_cicp(_number(colour, 4, 2), _number(colour, 6, 2))
    return b""
