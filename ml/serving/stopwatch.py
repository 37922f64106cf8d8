"""Where the time of an answer goes."""

from __future__ import annotations

import time


class Stopwatch:
    """Adds up the seconds of stages that follow each other, by their names, from the moment it is made."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Count what passed since the last lap, or since the start, as this stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now

    def shared(self, count: int) -> dict[str, float]:
        """Seconds by stage for each of `count` photos that went through the stages together."""
        return {stage: seconds / count for stage, seconds in self.seconds.items()}
