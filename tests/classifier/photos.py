"""Photos for tests, good and bad, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image


def picture(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """A picture with some structure, so that encoders have something to do."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    image.paste((200, 30, 40), (width // 8, height // 8, width // 2, height // 2))
    return image.convert(mode)


def encoded(image: Image.Image | None = None, kind: str = "JPEG", **options: Any) -> bytes:
    """Bytes of a picture."""
    if kind == "JXL":
        import pillow_jxl  # noqa: F401  # teaches Pillow to write it
    out = io.BytesIO()
    (image or picture()).save(out, kind, **options)
    return out.getvalue()


def png_bomb(width: int = 20_000, height: int = 10_000) -> bytes:
    """A small PNG that claims 200 megapixels, and really holds them."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = b"\x00" + b"\x00" * ((width + 7) // 8)
    pixels = zlib.compress(row * height, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def with_metadata() -> bytes:
    """A JPEG that carries a place, a camera's name, a comment and XMP."""
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x9286] = "SecretComment"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    exif.get_ifd(0x8825)[29] = "SecretDate"
    return encoded(exif=exif, comment=b"SecretJpegComment", xmp=b"<x:xmpmeta>SecretXmp</x:xmpmeta>")
