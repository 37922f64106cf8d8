"""The questions whether those live who answer no requests (see `health`). Each raises where they don't."""

from __future__ import annotations

from core import heartbeats
from core.outages import Unavailable


def beat() -> None:
    """Beat has given a sign of life of late."""
    if heartbeats.seen("beat") is False:
        raise Unavailable("Celery beat gives no sign of life: nothing is done by the clock. Start it again.")


def worker() -> None:
    """A worker has begun a task of late. Without beat there may have been nothing to do."""
    if heartbeats.seen("worker") is False and heartbeats.seen("beat"):
        raise Unavailable("No worker takes tasks: photos wait for an answer. Start one, or look at its log.")
