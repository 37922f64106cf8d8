"""`python -m core.images.jxl_process SIDE SHORT_SIDE`: a JPEG XL comes in, its pixels go out.

Started by `core.images.jxl`. Prints a line of JSON, then bytes: RGB pixels, or the JPEG that the file was
made of. Ends with an error where the bytes are no picture, or take more than the bounds that it sets itself.
"""

from __future__ import annotations

import json
import sys

from core.images.jxl import MAX_CPU_SECONDS, MAX_MEMORY

_MODES = ("RGB", "RGBA", "L", "LA")


def main(side: int, short_side: int) -> None:
    """Decode what comes in."""
    _bound()
    import pillow_jxl
    from PIL import Image

    from core.images.pixels import of_buffer, of_image, shrunk, times_smaller

    data = sys.stdin.buffer.read()
    is_jpeg, info, pixels, icc, _ = pillow_jxl.Decoder(num_threads=1)(data)
    if is_jpeg:
        _answer({"kind": "JPEG"}, bytes(pixels))
        return
    size = (info.width, info.height)
    if info.mode in _MODES:
        picture = of_buffer(pixels, size, info.mode)
    elif info.mode == "I;16":
        picture = of_image(Image.frombytes("I;16", size, pixels))
    else:
        raise SystemExit(f"mode {info.mode}")
    small = shrunk(picture, times_smaller(size, side, short_side), icc)
    _answer({"kind": "RGB", "size": small.size}, small.tobytes())


def _bound() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    bounds = {resource.RLIMIT_AS: MAX_MEMORY, resource.RLIMIT_CPU: MAX_CPU_SECONDS, resource.RLIMIT_CORE: 0}
    for what, most in bounds.items():
        allowed = resource.getrlimit(what)[1]
        bound = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(what, (bound, bound))


def _answer(head: dict[str, object], body: bytes) -> None:
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
