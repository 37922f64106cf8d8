"""Photos that are odd and no less photos, and files that are none: (name, bytes), all made here, the same each time.

Names are `family/what`. `tests/security/browser.txt` says of each whether a browser shows it and what the site makes of it.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator
from functools import cache

from PIL import Image, ImageCms

from core.images.profiles import of_cicp, of_gamma
from tests.classifier.photos import encoded, picture
from tests.core.boxed import (
    Coded,
    Item,
    avif_picture,
    avif_red,
    box,
    boxed,
    coded_item,
    full,
    heic_picture,
    ispe,
    nclx,
    pixi,
    prof,
)
from tests.security.hostile import png_chunk

File = tuple[str, bytes]
ALPHA = full(b"auxC", 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
#: Red, green and blue with xy of Adobe RGB and ProPhoto, as PNG's cHRM has them.
ADOBE = [0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06]
PROPHOTO = [0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001]


@cache
def odd_files() -> tuple[File, ...]:
    """All of them."""
    families = (
        _exif, _orientations, _png_chunks, _png_forms, _jpeg_segments, _endings, _webp_chunks, _stills, _boxes, _moving,
        _sizes, _colours, _profiles, _bitmaps, _gifs, _jpeg_xl, _other_files, _noise,
    )  # fmt: skip
    return tuple(file for family in families for file in family())


def small(kind: str = "JPEG", **options: object) -> bytes:
    return encoded(picture(160, 120), kind, **options)


def png_with(
    *chunks: bytes, image: Image.Image | None = None, late: bool = False, **options: object
) -> bytes:
    """A PNG with these chunks behind its header, or before its end."""
    data = encoded(image or picture(160, 120), "PNG", **options)
    at = len(data) - 12 if late else 33
    return data[:at] + b"".join(chunks) + data[at:]


def jpeg_with(*segments: bytes, data: bytes = b"") -> bytes:
    """A JPEG with these segments in front of its own."""
    data = data or small()
    return data[:2] + b"".join(segments) + data[2:]


def segment(code: int, body: bytes, length: int | None = None) -> bytes:
    return bytes([0xFF, code]) + struct.pack(">H", len(body) + 2 if length is None else length) + body


def webp_with(*chunks: tuple[bytes, bytes], data: bytes = b"", flags: int = 0x2C) -> bytes:
    """A WebP in its long form with these chunks behind the picture."""
    data = data or small("WEBP")
    head = b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + b"\x9f\0\0" + b"\x77\0\0"
    tail = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in chunks
    )
    body = b"WEBP" + head + data[12:] + tail
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(*entries: tuple[int, int, int, int], order: str = "<", count: int | None = None) -> bytes:
    """EXIF of one directory of (tag, kind, count, value)."""
    head = {"<": b"II*\0\x08\0\0\0", ">": b"MM\0*\0\0\0\x08"}[order]
    body = b"".join(
        struct.pack(f"{order}HHI", *entry[:3])
        + (
            struct.pack(f"{order}HH", entry[3], 0)
            if entry[1] == 3
            else struct.pack(f"{order}I", entry[3] & 0xFFFFFFFF)
        )
        for entry in entries
    )
    return head + struct.pack(f"{order}H", len(entries) if count is None else count) + body + b"\0\0\0\0"


def bad_exifs() -> dict[str, bytes]:
    """EXIF in which something is wrong, by what that is."""
    turn = (0x0112, 3, 1, 6)
    return {
        "rubbish": b"\xa5" * 600,
        "empty": b"",
        "one byte": b"I",
        "no directory": b"II*\0\xff\xff\xff\x7f",
        "directory cut off": tiff(turn)[:12],
        "more tags than there are": tiff(turn, count=60_000),
        "no tags": tiff(count=0),
        "ill-typed number": tiff((0x011A, 2, 4, 7), turn),
        "unknown type": tiff((0x010F, 99, 1, 7), turn),
        "text far away": tiff((0x010F, 2, 400, 0x7FFFFFFF), turn),
        "text of gigabytes": tiff((0x010F, 2, 0xFFFFFFFF, 8), turn),
        "rational by nothing": tiff((0x011A, 5, 1, 0), turn),
        "turned by a word": tiff((0x0112, 2, 4, 0x786973)),
        "turned by a long": tiff((0x0112, 4, 1, 6)),
        "turned by 9": tiff((0x0112, 3, 1, 9)),
        "turned by 65535": tiff((0x0112, 3, 1, 65535)),
        "turned twice": tiff(turn, (0x0112, 3, 1, 3)),
        "leads to itself": tiff((0x8769, 4, 1, 8), turn),
        "place of rubbish": tiff(turn, (0x8825, 4, 1, 0x7FFFFFF0)),
        "big-endian": tiff(turn, order=">"),
        "big-endian rubbish": tiff((0x010F, 2, 0xFFFFFFFF, 8), turn, order=">"),
        "unsorted": tiff(turn, (0x0100, 4, 1, 1)),
        "wrong magic": b"II+\0" + tiff(turn)[4:],
        "twice the name": b"Exif\0\0" + tiff(turn),
    }


# --- Families -----------------------------------------------------------------------------------------------
def _exif() -> Iterator[File]:
    """EXIF that makes no sense, in each format that has it."""
    for name, exif in bad_exifs().items():
        yield f"exif/{name}.jpg", jpeg_with(segment(0xE1, b"Exif\0\0" + exif))
        yield f"exif/{name}.png", png_with(png_chunk(b"eXIf", exif))
        yield f"exif/{name}.webp", webp_with((b"EXIF", exif))
        for kind, coded in (("heic", heic_picture()), ("avif", avif_picture())):
            item = Item(b"Exif", bytes(4) + exif, [], [(b"cdsc", [1])])
            yield f"exif/{name}.{kind}", boxed([coded_item(coded), item])


def _orientations() -> Iterator[File]:
    for value in range(1, 9):
        exif = tiff((0x0112, 3, 1, value))
        yield f"turned/{value}.jpg", jpeg_with(segment(0xE1, b"Exif\0\0" + exif))
        yield f"turned/{value}.png", png_with(png_chunk(b"eXIf", exif))
        yield f"turned/{value}.webp", webp_with((b"EXIF", exif))
    for angle in range(4):
        for kind, coded in (("heic", heic_picture()), ("avif", avif_picture())):
            turn = box(b"irot", bytes([angle]))
            yield f"turned/{90 * angle} degrees.{kind}", boxed([coded_item(coded, turn)])
            flip = box(b"imir", bytes([angle % 2]))
            yield f"turned/{90 * angle} degrees and mirrored.{kind}", boxed([coded_item(coded, turn, flip)])


def _png_chunks() -> Iterator[File]:
    """Chunks beside the picture: ill-formed, too short, too long, with wrong checksums, twice, at the wrong place."""
    raw = b"Raw profile type exif\0"
    hexadecimal = b"\nexif\n      26\n" + tiff((0x0112, 3, 1, 6)).hex().encode()
    yield "png/raw profile.png", png_with(png_chunk(b"zTXt", raw + b"\0" + zlib.compress(hexadecimal)))
    yield "png/raw profile, bad hex.png", png_with(png_chunk(b"tEXt", raw + b"\nexif\n      9\nzz45xg"))
    yield "png/raw profile, odd hex.png", png_with(png_chunk(b"tEXt", raw + b"\nexif\n      9\n4578696"))
    yield "png/raw profile, no length.png", png_with(png_chunk(b"tEXt", raw + b"exif"))
    yield "png/raw profile, bad zlib.png", png_with(png_chunk(b"zTXt", raw + b"\0" + b"nonsense"))
    for megabytes in (1, 2, 6):
        text = zlib.compress(b"x" * (megabytes * 2**20 + 100), 9)
        yield f"png/text of {megabytes} MB.png", png_with(png_chunk(b"zTXt", b"Comment\0\0" + text))
        yield (
            f"png/international text of {megabytes} MB.png",
            png_with(png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + text)),
        )
        yield f"png/profile of {megabytes} MB.png", png_with(png_chunk(b"iCCP", b"p\0\0" + text))
    for number in (100, 3000):
        yield f"png/{number} texts.png", png_with(*[png_chunk(b"tEXt", b"Comment\0" + b"x" * 500)] * number)
    shorts = {
        b"gAMA": b"\0", b"cHRM": bytes(31), b"sRGB": b"", b"pHYs": bytes(3), b"tIME": b"\1", b"bKGD": b"", b"sBIT": b"",
        b"hIST": b"\0", b"eXIf": b"", b"iCCP": b"", b"tEXt": b"", b"zTXt": b"", b"iTXt": b"", b"cICP": b"\1", b"sPLT": b"",
        b"acTL": b"\0", b"fcTL": b"\0", b"fdAT": b"", b"tRNS": b"\0", b"mDCV": b"", b"cLLI": b"", b"vpAg": b"\xff", b"abCd": b"",
    }  # fmt: skip
    for name, body in shorts.items():
        yield f"png/{name.decode()} too short.png", png_with(png_chunk(name, body))
        yield f"png/{name.decode()} too long.png", png_with(png_chunk(name, body + bytes(4000)))
        wrong = png_chunk(name, body + bytes(8))[:-4] + b"\0\0\0\0"
        yield f"png/{name.decode()} with a wrong checksum.png", png_with(wrong)
    yield (
        "png/text with a wrong checksum at the end.png",
        png_with(png_chunk(b"tEXt", b"a\0b")[:-1] + b"!", late=True),
    )
    yield "png/sRGB twice.png", png_with(*[png_chunk(b"sRGB", b"\0")] * 2)
    yield "png/time after the picture.png", png_with(png_chunk(b"tIME", bytes(7)), late=True)


def _png_forms() -> Iterator[File]:
    data = small("PNG")
    yield "png/no end.png", data[:-12]
    yield "png/end cut off.png", data[:-3]
    yield "png/end with a wrong checksum.png", data[:-1] + b"!"
    yield "png/bytes behind its end.png", data + b"\0" * 500
    yield "png/a text behind its end.png", data + png_chunk(b"tEXt", b"a\0b")
    deep = encoded(Image.new("I;16", (160, 120), 40_000), "PNG")
    yield "png/16 bits.png", deep
    yield (
        "png/16 bits, a grey clear.png",
        deep[:33] + png_chunk(b"tRNS", struct.pack(">H", 40_000)) + deep[33:],
    )
    for bits in (1, 2, 4):
        yield f"png/{bits} bits.png", encoded(picture(160, 120).quantize(2**bits), "PNG", bits=bits)
        rows = b"".join(b"\0" + b"\x1b" * (160 * bits // 8) for _ in range(120))
        head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 160, 120, bits, 0, 0, 0, 0))
        clear = png_chunk(b"tRNS", struct.pack(">H", 1))
        tail = png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
        yield f"png/{bits} bits of grey.png", b"\x89PNG\r\n\x1a\n" + head + tail
        yield f"png/{bits} bits of grey, one clear.png", b"\x89PNG\r\n\x1a\n" + head + clear + tail
    wide = b"".join(b"\0" + b"\x80\x01\x40\x02\xff\x03" * 160 for _ in range(120))
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 160, 120, 16, 2, 0, 0, 0))
    tail = png_chunk(b"IDAT", zlib.compress(wide)) + png_chunk(b"IEND", b"")
    yield "png/48 bits.png", b"\x89PNG\r\n\x1a\n" + head + tail
    clear = png_chunk(b"tRNS", bytes((0x80, 1, 0x40, 2, 0xFF, 3)))
    yield "png/48 bits, one clear.png", b"\x89PNG\r\n\x1a\n" + head + clear + tail
    at = data.index(b"IDAT") - 4
    length = struct.unpack_from(">I", data, at)[0]
    body = data[at + 8 : at + 8 + length]
    for size in (1, 7, 100):
        parts = b"".join(png_chunk(b"IDAT", body[k : k + size]) for k in range(0, len(body), size))
        yield f"png/pixels {size} bytes at a time.png", data[:at] + parts + data[-12:]
    yield "png/pixels and empty chunks.png", data[:at] + png_chunk(b"IDAT", b"") * 50 + data[at:]


def _jpeg_segments() -> Iterator[File]:
    """Segments beside the picture."""
    for code in (*range(0xE0, 0xF0), 0xFE):
        yield f"jpeg/segment {code:X} of rubbish.jpg", jpeg_with(segment(code, b"\xa5" * 300))
        yield f"jpeg/segment {code:X} empty.jpg", jpeg_with(segment(code, b""))
    yield "jpeg/JFIF too short.jpg", jpeg_with(segment(0xE0, b"JFIF\0\1"))
    yield "jpeg/Adobe too short.jpg", jpeg_with(segment(0xEE, b"Adobe"))
    yield "jpeg/many segments.jpg", jpeg_with(*[segment(0xE5, bytes(50))] * 5000)
    yield "jpeg/fill in front of segments.jpg", jpeg_with(b"\xff" * 1000)
    plain = small()
    scan = plain.index(b"\xff\xda")
    yield "jpeg/fill in front of the scan.jpg", plain[:scan] + b"\xff" * 100_000 + plain[scan:]
    yield (
        "jpeg/fill and false scans.jpg",
        plain[:scan] + b"\xff" * 100_000 + plain[scan:] + b"\xff\xda\0\0" * 101,
    )
    yield "jpeg/pairs of pictures without a list.jpg", jpeg_with(segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff"))
    first = encoded(picture(160, 120), "MPO", save_all=True, append_images=[picture(160, 120)])
    yield "jpeg/a pair of pictures.jpg", first
    yield "jpeg/a pair, the second cut off.jpg", first[: len(plain) + 400]
    for sampling in (0, 1, 2):
        yield f"jpeg/sampling {sampling}.jpg", small(subsampling=sampling)
        yield f"jpeg/sampling {sampling}, progressive.jpg", small(subsampling=sampling, progressive=True)
    yield "jpeg/restarts.jpg", small(restart_marker_blocks=2)
    for part in range(3):
        body = bytes([1, 3])[: 2 - part % 2] + b"\0" * 40
        yield f"jpeg/profile number {part} odd.jpg", jpeg_with(segment(0xE2, b"ICC_PROFILE\0" + body))
    for quality in (1, 30, 100):
        yield f"jpeg/quality {quality}.jpg", small(quality=quality)
    for mode in ("L", "CMYK"):
        yield f"jpeg/{mode}, progressive.jpg", encoded(picture(160, 120, mode), progressive=True)


def _endings() -> Iterator[File]:
    """Files that end too early, or too late."""
    for kind, options in (
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {}),
        ("GIF", {}),
        ("BMP", {}),
    ):
        data = encoded(picture(400, 300), kind, **options)
        name = f"{kind.lower()}{' progressive' if options else ''}"
        for missing in (1, 2, 3):
            yield f"endings/{name} without {missing} bytes.{kind.lower()}", data[:-missing]
        for share in (50, 90):
            yield f"endings/{name}, {share} of 100.{kind.lower()}", data[: len(data) * share // 100]
        yield f"endings/{name} with zeros behind.{kind.lower()}", data + bytes(3000)
        yield f"endings/{name} without its end, zeros behind.{kind.lower()}", data[:-2] + bytes(3000)


def _webp_chunks() -> Iterator[File]:
    yield "webp/unknown chunk.webp", webp_with((b"abcd", b"x" * 33))
    yield "webp/XMP of rubbish.webp", webp_with((b"XMP ", b"\xff" * 300))
    yield "webp/metadata flagged, not there.webp", webp_with()
    yield "webp/metadata there, not flagged.webp", webp_with((b"EXIF", tiff((0x0112, 3, 1, 6))), flags=0)
    yield "webp/exif twice.webp", webp_with(*[(b"EXIF", tiff((0x0112, 3, 1, 6)))] * 2)
    yield "webp/bytes behind its end.webp", small("WEBP") + bytes(99)
    clear = encoded(picture(160, 120, "RGBA"), "WEBP", lossless=True)
    yield "webp/lossless.webp", clear
    yield "webp/lossless, quality 1.webp", encoded(picture(160, 120), "WEBP", lossless=True, quality=1)


def _kinds() -> tuple[tuple[str, Coded, bytes], ...]:
    return (("heic", heic_picture(), b"heic"), ("avif", avif_picture(), b"avif"))


def _stills() -> Iterator[File]:
    """One file, several pictures, none of which moves."""
    for kind, coded, _ in _kinds():
        one = coded_item(coded)
        for count in (2, 3, 30):
            for primary in sorted({1, 2, count}):
                yield (
                    f"stills/{count}, of which {primary}.{kind}",
                    boxed([coded_item(coded)] * count, primary=primary),
                )
        small_one = coded_item(coded, size=coded.size)
        small_one.links = [(b"thmb", [1])]
        yield f"stills/with a thumbnail.{kind}", boxed([one, small_one])
        pair = full(b"ster", 0, struct.pack(">III2I", 9, 2, 1, 2, 0)[:16])
        yield f"stills/spatial pair.{kind}", boxed([one, one], in_meta=box(b"grpl", pair))
        burst = full(b"brst", 0, struct.pack(">II3I", 9, 3, 1, 2, 3))
        yield f"stills/burst.{kind}", boxed([one, one, one], in_meta=box(b"grpl", burst), primary=2)
        levels = struct.pack(">II2IHH", 9, 2, 1, 2, 160, 120)
        yield f"stills/pyramid.{kind}", boxed([one, one], in_meta=box(b"grpl", full(b"pymd", 0, levels)))
        alternatives = full(b"altr", 0, struct.pack(">II2I", 9, 2, 2, 1))
        yield f"stills/alternatives.{kind}", boxed([one, one], in_meta=box(b"grpl", alternatives))
        for rows, columns in ((1, 2), (2, 1), (2, 2)):
            size = (160 * columns, 120 * rows)
            grid = Item(
                b"grid", struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size), [ispe(*size), pixi(8, 8, 8)],
                [(b"dimg", list(range(2, 2 + rows * columns)))],
            )  # fmt: skip
            yield f"stills/{rows} x {columns} tiles.{kind}", boxed([grid, *[one] * (rows * columns)])
        for name, properties in (
            ("transparency", [coded.config, ispe(160, 120), pixi(8), ALPHA]),
            ("transparency without a size", [coded.config, ALPHA]),
            ("transparency of another size", [coded.config, ispe(80, 60), ALPHA]),
            ("transparency of three colours", [coded.config, ispe(160, 120), pixi(8, 8, 8), ALPHA]),
        ):
            yield (
                f"stills/{name}.{kind}",
                boxed([one, Item(coded.item, coded.payload, properties, [(b"auxl", [1])])]),
            )
        depth = full(b"auxC", 0, b"urn:mpeg:hevc:2015:auxid:2\0")
        deep = Item(coded.item, coded.payload, [coded.config, ispe(160, 120), depth], [(b"auxl", [1])])
        yield f"stills/depth.{kind}", boxed([one, deep])
        gain = full(b"auxC", 0, b"urn:com:apple:photo:2020:aux:hdrgainmap\0")
        yield (
            f"stills/gain map.{kind}",
            boxed(
                [one, Item(coded.item, coded.payload, [coded.config, ispe(160, 120), gain], [(b"auxl", [1])])]
            ),
        )
        hidden = Item(b"mime", b"<x:xmpmeta>", [], [(b"cdsc", [1])], b"application/rdf+xml\0")
        yield f"stills/with XMP.{kind}", boxed([one, hidden])
        yield (
            f"stills/with a second that is damaged.{kind}",
            boxed([one, Item(coded.item, b"\xff" * 99, one.properties)]),
        )


def _boxes() -> Iterator[File]:
    for kind, coded, brand in _kinds():
        one = coded_item(coded)
        for major in (b"mif1", b"mif2", b"miaf", b"msf1", b"1pic", b"xxxx", b"avis", b"hevc", brand):
            brands = tuple({major, b"mif1", b"miaf", brand} - {b"xxxx"})
            yield (
                f"boxes/first brand {major.decode()}.{kind}",
                boxed([one], major=major, brands=tuple(sorted(brands))),
            )
        yield f"boxes/only mif1.{kind}", boxed([one], major=b"mif1", brands=(b"mif1",))
        yield f"boxes/only mif2.{kind}", boxed([one], major=b"mif2", brands=(b"mif2",))
        many = tuple(b"br%02d" % number for number in range(99))
        yield f"boxes/a hundred brands.{kind}", boxed([one], major=b"mif1", brands=(*many, b"mif1", brand))
        yield (
            f"boxes/free space.{kind}",
            boxed([one], before=box(b"free", bytes(999)), after=box(b"skip", bytes(9))),
        )
        yield (
            f"boxes/unknown boxes.{kind}",
            boxed([one], before=box(b"abcd", bytes(9)), in_meta=box(b"efgh", b"x")),
        )
        yield f"boxes/unknown property.{kind}", boxed([coded_item(coded, box(b"abcd", b"x"))])
        yield (
            f"boxes/no depth told.{kind}",
            boxed([Item(coded.item, coded.payload, [coded.config, ispe(160, 120)])]),
        )
        for name, extra in (
            ("crop of nothing", box(b"clap", bytes(32))),
            ("crop", box(b"clap", struct.pack(">8i", 100, 1, 80, 1, 0, 1, 0, 1))),
            ("crop beyond", box(b"clap", struct.pack(">8i", 9999, 1, 9999, 1, 0, 1, 0, 1))),
            ("odd pixels", box(b"pasp", struct.pack(">II", 4, 3))),
            ("light level", box(b"clli", struct.pack(">HH", 1000, 400))),
            ("all layers", box(b"lsel", b"\xff\xff")),
        ):
            yield f"boxes/{name}.{kind}", boxed([coded_item(coded, extra)])
        yield f"boxes/bytes behind its end.{kind}", boxed([one]) + bytes(700)
        yield f"boxes/a film behind.{kind}", boxed([one]) + box(b"mpvd", bytes(5000))


def _moving() -> Iterator[File]:
    colour, others = picture(160, 120), [Image.new("RGB", (160, 120), name) for name in ("red", "blue")]
    for kind in ("GIF", "PNG", "WEBP", "AVIF"):
        for count in (1, 2):
            data = encoded(colour, kind, save_all=True, append_images=others[:count], duration=100)
            yield f"moving/{count + 1} pictures.{kind.lower()}", data
        yield f"moving/1 picture.{kind.lower()}", encoded(colour, kind, save_all=True)
    yield "moving/said to, with 1 picture.png", png_with(png_chunk(b"acTL", struct.pack(">II", 1, 0)))
    yield "moving/said to, with none.png", png_with(png_chunk(b"acTL", struct.pack(">II", 9, 0)))


def _sizes() -> Iterator[File]:
    """Of sensors, panoramas and screens; in one tone, so that they are small to send."""
    sizes = ((8160, 6144), (8192, 6144), (16_382, 3028), (4032, 3024), (1170, 2532), (64, 64), (65, 2000))
    for width, height in sizes:
        image = Image.new("L", (width, height), 128)
        yield f"sizes/{width} x {height}.jpg", encoded(image)
        yield f"sizes/{width} x {height}.png", encoded(image, "PNG", compress_level=1)
        if width * height < 10_000_000:
            yield f"sizes/{width} x {height}.webp", encoded(image, "WEBP", method=0)
    yield "sizes/16320 x 12240.jpg", encoded(Image.new("L", (16_320, 12_240), 128))
    yield "sizes/8192 x 6144, progressive.jpg", encoded(Image.new("L", (8192, 6144), 128), progressive=True)


def _pure(colour: tuple[int, ...] = (255, 0, 0), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (160, 120), colour)


def _colours() -> Iterator[File]:
    """Colours told in numbers: gamma and primaries, and code points."""
    for gamma in (100_000, 55_556, 45_455, 38_462, 30_000, 0, 1, 2**31):
        body = struct.pack(">I", gamma)
        yield f"colours/gamma {gamma}.png", png_with(png_chunk(b"gAMA", body), image=_pure((128, 128, 128)))
        for name, where in (
            ("adobe", ADOBE),
            ("prophoto", PROPHOTO),
            ("nothing", [0.0] * 8),
            ("one", [0.3] * 8),
        ):
            places = struct.pack(">8I", *(round(value * 100_000) for value in where))
            chunks = png_chunk(b"gAMA", body), png_chunk(b"cHRM", places)
            yield f"colours/gamma {gamma}, primaries of {name}.png", png_with(*chunks, image=_pure())
    for primaries in (0, 1, 2, 5, 6, 9, 11, 12, 99):
        for transfer in (1, 13, 16, 18, 8, 77):
            name = f"colours/points {primaries} and {transfer}"
            chunk = png_chunk(b"cICP", bytes([primaries, transfer, 0, 1]))
            yield f"{name}.png", png_with(chunk, image=_pure())
            if transfer in (13, 16, 18):
                yield f"{name}.avif", boxed([coded_item(avif_red(), nclx(primaries, transfer))])
                yield f"{name}.heic", boxed([coded_item(heic_picture(), nclx(primaries, transfer))])
    clear = struct.pack(">3H", 200, 30, 40)
    yield "colours/one clear.png", png_with(png_chunk(b"tRNS", clear))
    yield "colours/one clear, palette.png", encoded(picture(160, 120).quantize(16), "PNG", transparency=2)


def profiles() -> dict[str, bytes]:
    """ICC profiles by name; made by littleCMS where it can make them."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {
        "sRGB": srgb,
        "P3": of_cicp(12, 13),
        "BT.2020": of_cicp(9, 13),
        "Adobe": of_gamma(256 / 563, ADOBE),
        "ProPhoto": of_gamma(1 / 1.8, PROPHOTO),
        "cut off": srgb[:200],
        "empty": b"\0",
        "rubbish": b"\xa5" * 900,
        "of another kind": ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        "without tags": srgb[:128] + bytes(4),
        "with too many tags": srgb[:128] + b"\xff\xff\xff\xff" + srgb[132:],
    }


def _profiles() -> Iterator[File]:
    for name, icc in profiles().items():
        yield f"profiles/{name}.jpg", encoded(_pure(), icc_profile=icc, quality=100, subsampling=0)
        yield f"profiles/{name}, grey.jpg", encoded(picture(160, 120, "L"), icc_profile=icc)
        yield f"profiles/{name}, four colours.jpg", encoded(picture(160, 120, "CMYK"), icc_profile=icc)
        yield f"profiles/{name}.png", encoded(_pure(), "PNG", icc_profile=icc)
        yield f"profiles/{name}, clear.png", encoded(picture(160, 120, "RGBA"), "PNG", icc_profile=icc)
        yield f"profiles/{name}, palette.png", encoded(picture(160, 120).quantize(9), "PNG", icc_profile=icc)
        yield f"profiles/{name}.webp", encoded(_pure(), "WEBP", icc_profile=icc, lossless=True)
        yield f"profiles/{name}.avif", boxed([coded_item(avif_red(), prof(icc))])
        yield f"profiles/{name}.heic", boxed([coded_item(heic_picture(), prof(icc))])


def _bitmaps() -> Iterator[File]:
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"bmp/{mode}.bmp", encoded(picture(160, 120, mode), "BMP")
    data = small("BMP")
    yield "bmp/size of nothing.bmp", data[:2] + bytes(4) + data[6:]
    yield "bmp/head down.bmp", data[:22] + struct.pack("<i", -120) + data[26:]
    grey = encoded(picture(160, 120, "L"), "BMP")
    at = struct.unpack_from("<I", grey, 10)[0]
    packed = b"".join(b"\xa0" + bytes([row]) + b"\0\0" for row in range(120)) + b"\0\1"
    yield "bmp/packed.bmp", grey[:30] + struct.pack("<II", 1, len(packed)) + grey[38:at] + packed


def _gifs() -> Iterator[File]:
    yield "gif/palette.gif", encoded(picture(160, 120).quantize(16), "GIF")
    yield "gif/one clear.gif", encoded(picture(160, 120).quantize(16), "GIF", transparency=3)
    yield "gif/woven.gif", encoded(picture(160, 120), "GIF", interlace=1)
    data = small("GIF")
    yield "gif/comments.gif", data[:-1] + (b"\x21\xfe\x04text\0" * 500) + b";"
    yield "gif/without its end.gif", data[:-1]
    yield "gif/old.gif", b"GIF87a" + data[6:]


def _jpeg_xl() -> Iterator[File]:
    for mode in ("RGB", "RGBA", "L"):
        yield f"jxl/{mode}.jxl", encoded(picture(160, 120, mode), "JXL", effort=1)
    data = encoded(picture(160, 120), "JXL", effort=1)
    yield "jxl/in boxes.jxl", encoded(picture(160, 120), "JXL", effort=1, use_container=True)
    yield "jxl/half.jxl", data[: len(data) // 2]
    yield (
        "jxl/of a million pixels a side.jxl",
        b"\xff\x0a" + (0b11_0 | 1_000_000 << 3).to_bytes(5, "little") + bytes(50),
    )


def _other_files() -> Iterator[File]:
    """What people send in place of a photo."""
    tiff_of = encoded(picture(160, 120), "TIFF")
    first = {
        "page.pdf": b"%PDF-1.7\n%\xe2\xe3", "scan.pdf": b"\n\n%PDF-1.4\n", "layers.psd": b"8BPS\0\1" + bytes(60),
        "photo.tif": tiff_of, "photo.dng": b"II*\0\x08\0\0\0\1\0\x12\xc6\1\0\4\0\0\0\1\4\0\0" + bytes(99),
        "photo.cr2": b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "photo.cr3": box(b"ftyp", b"crx ", bytes(4), b"crx isom"),
        "photo.nef": b"MM\0*\0\0\0\x08" + bytes(60) + b"NIKON CORPORATION", "photo.arw": b"II*\0\x08\0\0\0" + bytes(60) + b"SONY",
        "photo.raf": b"FUJIFILMCCD-RAW 0201", "photo.orf": b"IIRO\x08\0\0\0" + bytes(99), "photo.rw2": b"IIU\0\x18\0\0\0" + bytes(99),
        "photo.jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99), "film.mp4": box(b"ftyp", b"isom", bytes(4), b"isommp42") + bytes(99),
        "film.mov": box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + bytes(99), "old.mov": box(b"moov", bytes(99)),
        "film.3gp": box(b"ftyp", b"3gp5", bytes(4), b"3gp5"), "film.webm": b"\x1aE\xdf\xa3" + bytes(99),
        "film.avi": b"RIFF" + bytes(4) + b"AVI LIST", "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "drawing2.svg": b"<?xml version='1.0'?>\n<!-- a -->\n<svg xmlns='http://www.w3.org/2000/svg'/>", "page.html": b"<!DOCTYPE html><html>",
        "data.xml": b"<?xml version='1.0'?><a/>", "many.zip": b"PK\3\4" + bytes(99), "text.docx": b"PK\3\4" + bytes(99),
        "text.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "icon.ico": encoded(picture(64, 64), "ICO"), "scene.exr": b"v/1\1" + bytes(9),
        "scene.hdr": b"#?RADIANCE\n", "layers.xcf": b"gimp xcf v011\0", "words.txt": b"not a photo at all\n", "song.mp3": b"ID3\4" + bytes(50),
        "vector.eps": b"%!PS-Adobe-3.0 EPSF-3.0", "archive.rar": b"Rar!\x1a\7\0", "archive.7z": b"7z\xbc\xaf\x27\x1c", "odd.heif": box(b"ftyp", b"zzzz", bytes(4), b"zzzz"),
    }  # fmt: skip
    for name, data in first.items():
        yield f"others/{name}", data


def _noise() -> Iterator[File]:
    """Pictures as they are, under names that say something else."""
    names = (
        "Screenshot 2026-05-01 at 10.30.12", "Mercedes C 1.8", "car.jpg?w=1200", "photo.HEIC.jpg", "no name", "photo.exe",
        "фото.1", "IMG_0001.JPG.download", "car.webp.part", "image", ".jpg", "a.b.c.d", "photo.jpeg;v=2", "photo.php",
    )  # fmt: skip
    chance = random.Random(9)
    for number, name in enumerate(names):
        kind = ("JPEG", "PNG", "WEBP", "AVIF")[number % 4]
        image = Image.effect_noise((160, 120), chance.randrange(20, 90)).convert("RGB")
        yield f"names/{name}", encoded(image, kind)
