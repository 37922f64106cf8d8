"""Whether the system's clock was set while this process ran."""

from __future__ import annotations

import time

#: Less than this is how clocks are kept right all the time.
SLACK_SECONDS = 2.0


def _lead() -> float:
    """The clock beside one that nobody sets."""
    return time.time() - time.monotonic()


_lead_at_start = _lead()


def jump() -> float:
    """By how many seconds the clock was set since this process started; 0.0 where it was not."""
    seconds = _lead() - _lead_at_start
    return seconds if abs(seconds) > SLACK_SECONDS else 0.0
