"""Where the time of an answer goes."""

from __future__ import annotations

import time


class Stopwatch:
    """Seconds of stages that follow each other, by their names."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """What passed since the last lap was this stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now

    def shared(self, count: int) -> dict[str, float]:
        """The part of one of `count` that went through the stages together."""
        return {stage: seconds / count for stage, seconds in self.seconds.items()}
