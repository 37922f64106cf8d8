"""Files that an attacker might send in place of a photo, a few hundred of them, all made here: (name, bytes)."""

from __future__ import annotations

import random
import struct
import warnings
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, PngImagePlugin

from tests.classifier.photos import encoded, picture, png_bomb, with_metadata

HEIC = Path(__file__).resolve().parents[1] / "ml" / "files" / "drawn-car.heic"
SCRIPT = b"<script>alert(document.domain)</script>"
File = tuple[str, bytes]


@cache
def hostile_files() -> tuple[File, ...]:
    """All of them, the same ones each time."""
    families = (_bombs, _polyglots, _no_photos, _sizes, _formats, _modes, _metadata, _truncated, _mutated)
    return tuple(file for family in families for file in family())


def _small(kind: str = "JPEG", **options: object) -> bytes:
    return encoded(picture(160, 120), kind, **options)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG of this size in its header, whatever comes after it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join((png_chunk(b"IHDR", header), *chunks, png_chunk(b"IEND", b"")))


def many_scans(scans: int, *, side: int = 6000) -> bytes:
    """A progressive JPEG whose last scan comes again and again: little to send, much to decode."""
    data = encoded(Image.new("L", (side, side), 128), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + b"\xff\xd9"


def large_files() -> Iterator[File]:
    """Files of the largest pictures that are let in: small to send, large to hold."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for mode in ("RGBA", "P", "I;16"):
        image = Image.new(mode, (7000, 7000))
        extra = {"transparency": bytes([3] * 10)} if mode == "P" else {}
        yield (
            f"large-{mode.replace(';', '-')}.png",
            encoded(image, "PNG", exif=exif, compress_level=1, **extra),
        )
    yield "large-200-megapixels.jpg", encoded(Image.new("L", (16_320, 12_240), 128))
    yield "large.jpg", encoded(Image.new("RGB", (8000, 6000)), progressive=True, exif=exif)


# --- Families -----------------------------------------------------------------------------------------------
def _bombs() -> Iterator[File]:
    yield "bomb-400-megapixels.png", png_bomb(20_000, 20_000)
    yield "bomb-flat.png", png_bomb(12_000, 12_000)
    yield "bomb-wide.png", png_bomb(60_000, 800)
    yield "bomb-billions.png", _png(2**31 - 1, 2**31 - 1)
    yield "bomb-zero.png", _png(0, 0)
    text = zlib.compress(b"x" * 64 * 2**20, 9)
    yield "bomb-text.png", _png(100, 100, png_chunk(b"zTXt", b"Comment\0\0" + text))
    yield "bomb-profile.png", _png(100, 100, png_chunk(b"iCCP", b"p\0\0" + text))
    jpeg = _small()
    frame = jpeg.index(b"\xff\xc0") + 5
    for height, width in ((65_535, 65_535), (65_500, 64), (0, 160), (12_000, 12_000)):
        size = struct.pack(">HH", height, width)
        yield f"bomb-{width}-{height}.jpg", jpeg[:frame] + size + jpeg[frame + 4 :]
    yield "bomb-scans.jpg", many_scans(500, side=1000)
    webp = _small("WEBP", xmp=b"<x/>")
    canvas = webp.index(b"VP8X") + 12
    for size in (b"\xff" * 6, b"\xff\x3f\0\xff\x3f\0", b"\0" * 6):
        yield "bomb-canvas.webp", webp[:canvas] + size + webp[canvas + 6 :]
    for kind, whole in (("heic", HEIC.read_bytes()), ("avif", _small("AVIF"))):
        place = whole.index(b"ispe") + 8
        for side in (65_535, 2**32 - 1, 0):
            yield f"bomb-{side}.{kind}", whole[:place] + struct.pack(">II", side, side) + whole[place + 8 :]


def _polyglots() -> Iterator[File]:
    jpeg, png = _small(), _small("PNG")
    yield "gif-and-script.gif", b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//"
    yield "gif-and-script.jpg", b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//"
    yield "bmp-and-script.jpg", b"BM=1/*" + b"\0" * 40 + b"*/alert(1)"
    yield "pdf-first.jpg", b"%PDF-1.7\n%\n" + jpeg
    yield "pdf-after.jpg", jpeg + b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>endobj\n%%EOF"
    yield "pdf-in-comment.jpg", _small(comment=b"%PDF-1.7\n1 0 obj<</OpenAction 2 0 R>>endobj")
    yield "zip-after.jpg", jpeg + b"PK\x03\x04" + b"\0" * 30 + b"PK\x05\x06" + b"\0" * 18
    yield "html-after.png", png + SCRIPT
    yield "html-first.jpg", b"<!doctype html>" + SCRIPT + jpeg
    yield "html-in-comment.jpg", _small(comment=SCRIPT)
    yield "php-in-comment.jpg", _small(comment=b"<?php system($_GET['c']); ?>")
    yield "php-in-name.php.jpg", jpeg
    yield "script-in-name<script>.jpg", jpeg
    yield "../../../../etc/passwd.jpg", jpeg
    yield "..\\..\\boot.jpg", jpeg
    yield "a\0.jpg", jpeg
    yield "x" * 300 + ".jpg", jpeg
    yield "\u202egpj.exe", jpeg
    yield "photo.jpg.exe", jpeg
    yield "photo.html", jpeg
    yield "photo.svg", png
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SCRIPT.decode())
    yield "html-in-text.png", _small("PNG", pnginfo=info)
    yield "png-with-jpeg-name.jpg", png
    yield "jpeg-in-png.png", png[:-12] + png_chunk(b"jpEg", jpeg) + png[-12:]
    yield "two-photos.jpg", jpeg + jpeg
    yield "spaces-first.jpg", b"   \r\n" + jpeg


def _no_photos() -> Iterator[File]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>'
    texts = {
        "empty.jpg": b"",
        "one-byte.jpg": b"\xff",
        "zeros.jpg": b"\0" * 5000,
        "ones.jpg": b"\xff" * 5000,
        "page.html": b"<html>" + SCRIPT,
        "page.jpg": b"<html>" + SCRIPT,
        "utf16.jpg": SCRIPT.decode().encode("utf-16"),
        "drawing.svg": svg,
        "drawing.jpg": svg,
        "drawing-bom.jpg": b"\xef\xbb\xbf" + svg,
        "laughs.svg": laughs,
        "entity.svg": laughs.replace(b'"ha"', b'SYSTEM "file:///etc/passwd"'),
        "program.exe": b"MZ" + b"\0" * 400,
        "program.jpg": b"\x7fELF" + b"\0" * 400,
        "shell.jpg": b"#!/bin/sh\nid\n",
        "ghost.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file\n",
        "ghost.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        "push.mvg": b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'https://127.0.0.1/'",
        "pack.zip": b"PK\x03\x04" + b"\0" * 60,
        "sky.fits": b"SIMPLE  =                    T" + b" " * 2850,
        "draw.psd": b"8BPS\0\1" + b"\0" * 60,
        "film.mp4": b"\0\0\0\x18ftypmp42" + b"\0" * 100,
        "film.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100,
        "brand.avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + b"\0" * 100,
        "riff.webp": b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\xff" * 100,
    }
    yield from texts.items()


def _sizes() -> Iterator[File]:
    sizes = (
        (1, 1),
        (1, 10_000),
        (10_000, 1),
        (63, 64),
        (64, 63),
        (64, 64),
        (64, 12_000),
        (12_001, 64),
        (2, 40_000),
    )
    for kind, suffix in (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")):
        for width, height in sizes:
            if kind != "WEBP" or max(width, height) <= 16_383:
                yield f"{width}x{height}.{suffix}", encoded(Image.new("RGB", (width, height), "teal"), kind)


def _formats() -> Iterator[File]:
    """Whatever Pillow can write, under its own name and as a .jpg."""
    Image.init()
    for kind in sorted(Image.SAVE):
        if (data := _in_format(kind)) is not None:
            yield f"photo.{kind.lower()}", data
            yield f"{kind.lower()}.jpg", data


def _in_format(kind: str) -> bytes | None:
    for mode in ("RGB", "L", "P", "1", "F"):
        try:
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                return encoded(picture(64, 64, mode), kind)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, ImportError):
            continue
    return None


def _modes() -> Iterator[File]:
    grey, colour = picture(160, 120, "L"), picture(160, 120)
    for kind, suffix, modes in (
        ("JPEG", "jpg", ("1", "L", "CMYK", "YCbCr")),
        ("PNG", "png", ("1", "L", "LA", "P", "RGBA", "I;16")),
        ("WEBP", "webp", ("RGBA", "L")),
    ):
        for mode in modes:
            image = (
                grey.convert("I").point(lambda v: v * 257).convert("I;16")
                if mode == "I;16"
                else colour.convert(mode)
            )
            yield f"{mode.replace(';', '-')}.{suffix}", encoded(image, kind)
    palette = colour.quantize(32)
    yield "see-through.png", encoded(palette, "PNG", transparency=3)
    yield "see-through-bytes.png", encoded(palette, "PNG", transparency=bytes(range(32)))
    yield "see-through-rgb.png", encoded(colour, "PNG", transparency=(1, 2, 3))
    yield "progressive.jpg", _small(progressive=True)
    others = [Image.new("RGB", (160, 120), name) for name in ("red", "blue")]
    for kind in ("GIF", "PNG", "WEBP", "MPO", "AVIF"):
        yield f"animated.{kind.lower()}", encoded(colour, kind, save_all=True, append_images=others)
    yield "animated.jpg", encoded(colour, "MPO", save_all=True, append_images=others)


def _metadata() -> Iterator[File]:
    yield "everything.jpg", with_metadata()
    for value in (0, 1, 5, 6, 8, 9, 65_535):
        exif = Image.Exif()
        exif[0x0112] = value
        yield f"turned-{value}.jpg", _small(exif=exif)
        yield f"turned-{value}.png", _small("PNG", exif=exif)
    word = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHI4sI", 1, 0x0112, 2, 4, b"six\0", 0)
    yield "turned-by-a-word.jpg", _small(exif=word)
    yield "exif-of-rubbish.jpg", _small(exif=b"Exif\0\0" + b"\xa5" * 60_000)
    yield "exif-of-rubbish.webp", _small("WEBP", exif=b"Exif\0\0" + b"\xa5" * 60_000)
    yield "profile-of-a-megabyte.jpg", _small(icc_profile=bytes(2**20))
    yield "profile-of-a-megabyte.png", _small("PNG", icc_profile=bytes(2**20))
    yield "xmp-of-60-kilobytes.jpg", _small(xmp=b"<x:xmpmeta>" + b"a" * 60_000)
    for name, offset in (("itself", 8), ("nowhere", 2**31), ("before", 0)):
        yield f"ifd-leads-to-{name}.jpg", _small(exif=_exif_chain([offset]))
    yield "ifd-nested.jpg", _small(exif=_exif_chain([8 + 18 * step for step in range(1, 3000)]))


def _exif_chain(offsets: list[int]) -> bytes:
    """EXIF of one directory after another, each leading to the next offset by its Exif pointer."""
    parts = [struct.pack("<HHHIII", 1, 0x8769, 4, 1, offset, offset) for offset in offsets]
    return b"Exif\0\0II*\0\x08\0\0\0" + b"".join(parts) + b"\0" * 8


def _bases() -> list[File]:
    return [
        ("base.jpg", _small(exif=Image.Exif())),
        ("base.png", _small("PNG")),
        ("base.webp", _small("WEBP")),
        ("base.heic", HEIC.read_bytes()),
        ("base.avif", _small("AVIF")),
    ]


def _truncated() -> Iterator[File]:
    for name, data in _bases():
        for part in range(1, 13):
            yield f"truncated-{part}-{name}", data[: len(data) * part // 13]


def _mutated() -> Iterator[File]:
    chance = random.Random(5)
    for number in range(30):
        for name, data in _bases():
            yield f"mutated-{number}-{name}", _mutation(bytearray(data), chance)


def _mutation(data: bytearray, chance: random.Random) -> bytes:
    """A few bytes changed, a piece doubled, or a piece left out, behind the first bytes, which say what it is."""
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(16, len(data))
        match chance.randrange(4):
            case 0 | 1:
                data[place] = chance.randrange(256)
            case 2:
                data[place:place] = data[place : place + chance.randrange(200)]
            case _:
                del data[place : place + chance.randrange(1, 40)]
        if len(data) < 40:
            break
    return bytes(data)
