"""`python -m tests.security.bounded BUNDLE`: every hostile file through intake and, where it is taken, through the model.

In a process whose memory is bounded by the system, as a worker's is by its machine; prints what it took as JSON.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from classifier.exceptions import PhotoRefused
from classifier.photos.intake import CleanPhoto, clean_photo
from ml.exceptions import PhotoError
from ml.serving.predictor import Predictor
from tests.classifier.photos import encoded, png_bomb
from tests.security.hostile import hostile_files, large_files

#: What the process may take beyond what it has once the model is loaded.
MORE_BYTES = 400 * 2**20


def main(bundle: str) -> None:
    """Bound the memory, send everything through, say how it went."""
    predictor = Predictor(bundle)
    predictor.predict(encoded())
    files = [*hostile_files(), *large_files()]
    resource.setrlimit(resource.RLIMIT_AS, (_virtual() + MORE_BYTES,) * 2)
    report: dict[str, Any] = _bomb() | {"accepted": 0, "refused": 0, "unreadable": [], "slow": []}
    for name, data in files:
        started = time.process_time()
        if (photo := _through(data, name)) is None:
            report["refused"] += 1
        else:
            report["accepted"] += 1
            if isinstance(next(predictor.predict_many([photo.content])), PhotoError):
                report["unreadable"].append(name)
        if time.process_time() - started > 5:
            report["slow"].append(name)
    print(json.dumps(report))


def _through(data: bytes, name: str) -> CleanPhoto | None:
    try:
        return clean_photo(io.BytesIO(data), size=len(data))
    except PhotoRefused:
        return None


def _bomb() -> dict[str, float]:
    """What 400 megapixels in 50 kB cost: seconds of CPU, and megabytes."""
    data = png_bomb(20_000, 20_000)
    before, started = _peak(), time.process_time()
    assert _through(data, "a.png") is None
    seconds = time.process_time() - started
    return {"bomb_bytes": len(data), "bomb_seconds": seconds, "bomb_mb": _peak() - before}


def _virtual() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1])
