"""A site that an earlier version made, brought to the present one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
#: The last version before the rooms were made: no `core`, no `ops`, two outboxes, two rules for slugs.
BEFORE_THE_ROOMS = "be89a569cfffda5312cc5ac343b61cd08d6079c6"


def source_of(version: str, folder: Path) -> Path:
    """The source of an earlier version. Skips the test where the history is not there, as in a downloaded archive."""
    folder.mkdir()
    archive = folder.with_suffix(".tar")
    # A copy that lacks a part of the history says so; it doesn't ask another machine for it, or a person.
    local_only = os.environ | {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        ["git", "archive", "--output", str(archive), version],
        cwd=ROOT,
        env=local_only,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        pytest.skip(
            f"The source of {version[:7]} is not in this copy of the project: {done.stderr.strip()[:200]}"
        )
    subprocess.run(["tar", "-xf", str(archive), "-C", str(folder)], check=True)
    archive.unlink()
    return folder


def upgrade(tmp_path: Path, database_url: str = "") -> list[str]:
    """Make a site with the earlier version, migrate it with the present one; what was lost on the way, in words."""
    before = source_of(BEFORE_THE_ROOMS, tmp_path / "before")
    var, told = tmp_path / "var", tmp_path / "rows.json"
    var.mkdir()
    env = os.environ | {"DEBUG": "1", "VAR_DIR": str(var), "DATABASE_URL": database_url, "LOG_LEVEL": "ERROR"}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    script = ROOT / "tests" / "upgrade" / "site_before.py"
    _run([sys.executable, str(script), str(told)], before, env)
    done = _run([sys.executable, "-m", "tests.upgrade.site_after", str(told)], ROOT, env)
    return done.splitlines()


def _run(command: list[str], folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
