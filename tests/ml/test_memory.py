"""Freed memory stays with a process that trains."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.ml.conftest import ROOT

# Resident memory, in MB, after 200 MB were taken, touched and freed.
PROGRAM = """
import sys
from ml.training.memory import keep_freed
if sys.argv[1] == "keep":
    assert keep_freed()
block = bytearray(b"1") * 200_000_000
del block
pages = int(open("/proc/self/statm").read().split()[1])
print(pages * 4096 // 1_000_000)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator is only on Linux")
def test_freed_memory_is_kept_when_asked() -> None:
    kept, returned = (
        int(
            subprocess.run(
                [sys.executable, "-c", PROGRAM, way], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout
        )
        for way in ("keep", "return")
    )
    assert returned < 100
    assert kept > returned + 150
