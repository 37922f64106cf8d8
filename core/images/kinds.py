"""What a file is, by its content alone: a name decides nothing."""

from __future__ import annotations

import struct

from core.images.boxes import brands_of, kind_of
from core.images.refusal import ImageRefused

#: What `format_of` returns, and all that is ever handed to a decoder: Pillow's other decoders stay out of
#: reach.
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "JXL", "BMP", "GIF")

_JXL_BOXES = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
#: Headers of Windows bitmaps, by their length: others begin with the same two letters.
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
#: How files begin that people send in place of a photo, and what to call them.
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop file (PSD)"),
    (b"II*\x00", "a TIFF file"),
    (b"MM\x00*", "a TIFF file"),
    (b"II+\x00", "a TIFF file"),
    (b"MM\x00+", "a TIFF file"),
    (b"IIRO", "a camera's RAW file (ORF)"),
    (b"IIRS", "a camera's RAW file (ORF)"),
    (b"MMOR", "a camera's RAW file (ORF)"),
    (b"IIU\x00", "a camera's RAW file (RW2)"),
    (b"FUJIFILMCCD-RAW", "a camera's RAW file (RAF)"),
    (b"FOVb", "a camera's RAW file (X3F)"),
    (b"\x00MRM", "a camera's RAW file (MRW)"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (b"\x00\x00\x01\x00", "an icon (ICO)"),
    (b"\x76\x2f\x31\x01", "an OpenEXR file"),
    (b"#?RADIANCE", "a Radiance HDR file"),
    (b"gimp xcf", "a GIMP file (XCF)"),
    (b"DDS ", "a DDS texture"),
    (b"qoif", "a QOI file"),
    (b"BPG\xfb", "a BPG file"),
    (b"FLIF", "a FLIF file"),
    (b"%!PS", "a PostScript drawing"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript drawing"),
    (b"\x1aE\xdf\xa3", "a film (Matroska or WebM)"),
    (b"OggS", "a film or a sound (Ogg)"),
    (b"FLV\x01", "a film (Flash)"),
    (b"\x00\x00\x01\xba", "a film (MPEG)"),
    (b"\x00\x00\x01\xb3", "a film (MPEG)"),
    (b"0&\xb2u\x8ef\xcf\x11", "a film (Windows Media)"),
    (b"ID3", "a sound (MP3)"),
    (b"PK\x03\x04", "a ZIP archive or a document"),
    (b"Rar!", "an archive (RAR)"),
    (b"7z\xbc\xaf", "an archive (7z)"),
    (b"\x1f\x8b", "an archive (gzip)"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"{\\rtf", "a text document"),
)
#: Texts, in lower case and without what stands in front of them.
_TEXTS = (
    (b"<svg", "a drawing (SVG)"),
    (b"<!doctype svg", "a drawing (SVG)"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<head", "a web page"),
    (b"<script", "a web page"),
    (b"<?xml", "an XML file"),
)
#: How the brands of films begin (ISO/IEC 14496-12).
_FILMS = (b"iso", b"mp4", b"M4", b"avc1", b"3gp", b"3g2", b"qt", b"mmp4", b"MSNV", b"dash", b"f4v", b"XAVC")
_RAW_MAKERS = (
    (b"NIKON", "NEF"),
    (b"SONY", "ARW"),
    (b"PENTAX", "PEF"),
    (b"SAMSUNG", "SRW"),
)
_DNG_VERSION = (b"\x12\xc6\x01\x00\x04\x00\x00\x00", b"\xc6\x12\x00\x01\x00\x00\x00\x04")


_BEGINNINGS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\x0a", "JXL"),
    (_JXL_BOXES, "JXL"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)


def format_of(data: bytes) -> str:
    """Which of FORMATS the bytes are, by their beginning. Raises ImageRefused where they are none of them."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:2] == b"BM" and len(data) > 18 and struct.unpack_from("<I", data, 14)[0] in _BMP_HEADERS:
        return "BMP"
    if kind := kind_of(data):
        return kind
    if what := _name_of(data):
        raise ImageRefused(f"This is {what}, not a photo.", code="unsupported_format")
    raise ImageRefused("This file is not a photo.", code="not_an_image")


def _name_of(data: bytes) -> str:
    """What a file is that is no photo, in words; empty where it is nothing that is known."""
    for beginning, what in _OTHERS:
        if data.startswith(beginning):
            return (_raw_name(data) or what) if what == "a TIFF file" else what
    if data[:4] == b"RIFF" and data[8:11] == b"AVI":
        return "a film (AVI)"
    return _name_of_boxes(data) or _name_of_text(data)


def _name_of_boxes(data: bytes) -> str:
    brands = brands_of(data)
    if b"crx " in brands:
        return "a camera's RAW file (CR3)"
    if data[4:8] in (b"moov", b"mdat", b"wide", b"free") and data[:1] == b"\x00":
        return "a film (QuickTime)"
    if any(brand.startswith(_FILMS) for brand in brands):
        return "a film"
    return "a file of a kind that is not known here" if brands else ""


def _name_of_text(data: bytes) -> str:
    text = data[:1024]
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.decode("utf-16", "ignore").encode()
    text = text.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for beginning, what in _TEXTS:
        if text.startswith(beginning):
            return "a drawing (SVG)" if what == "an XML file" and b"<svg" in text else what
    # Printers and scanners write a line of their own in front.
    return "a PDF document" if b"%pdf-" in text else ""


def _raw_name(data: bytes) -> str:
    """Which camera's RAW a TIFF is, by what its first directory says; empty where it is a plain one."""
    start = data[:65536]
    if data[8:10] == b"CR":
        return "a camera's RAW file (CR2)"
    if any(tag in start for tag in _DNG_VERSION):
        return "a camera's RAW file (DNG)"
    for maker, suffix in _RAW_MAKERS:
        if maker in start[:4096]:
            return f"a camera's RAW file ({suffix})"
    return ""
