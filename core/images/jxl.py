"""JPEG XL, decoded in a process of its own whose memory and time are bounded by the system.

Its decoder has no limits to set: a few bytes may ask for gigabytes, or for minutes. ISO/IEC 18181.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.images.refusal import ImageRefused

#: Of the process that decodes one picture: its memory, seconds of CPU, and seconds until it is given up.
MAX_MEMORY, MAX_CPU_SECONDS, MAX_SECONDS = 1200 * 2**20, 10, 30
BYTES_PER_PIXEL = 6.5
_BOXES = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_ROOT = Path(__file__).resolve().parents[2]


class _Bits:
    """Bits of a codestream, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        """The next so many bits, as a number."""
        found = self._value & ((1 << count) - 1)
        self._value >>= count
        return found

    def choice(self, *ways: tuple[int, int]) -> int:
        """A number in one of four ways: what is added, and how many bits follow."""
        base, count = ways[self.take(2)]
        return base + self.take(count)


@dataclass(frozen=True)
class Header:
    """What a JPEG XL says of itself before its pixels."""

    size: tuple[int, int]
    moves: bool


def header_of(data: bytes) -> Header:
    """Size and kind by the first bytes of the codestream. Raises ImageRefused where there is none."""
    stream = _codestream(data)[:256]
    if not stream.startswith(b"\xff\x0a") or len(stream) < 4:
        raise ImageRefused
    bits = _Bits(stream[2:])
    size = _size(bits)
    moves = False
    if not bits.take(1) and bits.take(1):  # not all of it is as usual, and there is more to say
        bits.take(3)  # orientation, which the decoder undoes
        if bits.take(1):
            _size(bits)
        moves = not bits.take(1) and bool(bits.take(1))
    return Header(size, moves)


def _codestream(data: bytes) -> bytes:
    """The beginning of the codestream, which may lie in a box."""
    if not data.startswith(_BOXES):
        return data
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        head = 16 if size == 1 else 8
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        name = data[at + 4 : at + 8]
        if name in (b"jxlc", b"jxlp"):
            return data[at + head + (4 if name == b"jxlp" else 0) :][:512]
        if size < head:
            break
        at += size
    return b""


def _size(bits: _Bits) -> tuple[int, int]:
    is_small = bits.take(1)
    height = _side(bits, is_small=is_small)
    ratio = bits.take(3)
    if ratio:
        over, under = _RATIOS[ratio - 1]
        return height * over // under, height
    return _side(bits, is_small=is_small), height


def _side(bits: _Bits, *, is_small: int) -> int:
    if is_small:
        return 8 * (bits.take(5) + 1)
    return bits.choice((1, 9), (1, 13), (1, 18), (1, 30))


def decode_apart(data: bytes, side: int, short_side: int) -> bytes | Image.Image:
    """The picture in RGB, shrunk as `opened` says; or the JPEG that this file was made of, to be read as one.

    Raises ImageRefused where the other process refuses the bytes or ends without an answer.
    """
    command = [sys.executable, "-m", "core.images.jxl_process", str(side), str(short_side)]
    try:
        done = subprocess.run(  # noqa: S603  # nothing in it is from outside
            command,
            input=data,
            capture_output=True,
            timeout=MAX_SECONDS,
            cwd=_ROOT,
            env=_environment(),
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise ImageRefused from error
    head, _, body = done.stdout.partition(b"\n")
    answer = json.loads(head)
    if answer["kind"] == "JPEG":
        return body
    return Image.frombytes("RGB", tuple(answer["size"]), body)


def _environment() -> dict[str, str]:
    """What Python needs to run, and none of the site's secrets."""
    kept = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "SYSTEMROOT", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip
