"""Keep the memory that a training step frees for the next step."""

from __future__ import annotations

import ctypes
import sys

# The numbers of glibc's <malloc.h>.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4


def keep_freed() -> bool:
    """Tell glibc to hold on to freed memory. Returns whether it did. For processes that train, not for
    servers.

    A step frees and takes gigabytes of activations. By default each large block is given back to the kernel
    and comes anew, page by page, zeroed: a third of the time of a step on a CPU.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    options = ((MMAP_MAX, 0), (TRIM_THRESHOLD, 2**31 - 1), (TOP_PAD, 2**28))
    return bool(min(mallopt(option, value) for option, value in options) == 1)
