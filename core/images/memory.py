"""How much memory the pictures that one process decodes at a time may take together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: A picture that needs more than this alone is decoded alone.
TOGETHER_BYTES = 400 * 2**20

_changed = threading.Condition()
_taken = 0


@contextmanager
def memory(size: float) -> Iterator[None]:
    """Wait until so many bytes may be taken beside what other threads decode."""
    global _taken  # noqa: PLW0603
    share = min(int(size), TOGETHER_BYTES)
    with _changed:
        _changed.wait_for(lambda: _taken + share <= TOGETHER_BYTES)
        _taken += share
    try:
        yield
    finally:
        with _changed:
            _taken -= share
            _changed.notify_all()
