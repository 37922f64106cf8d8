"""A first run on every Python of this machine that is new enough: what it installs, and that the site then answers.

Packages are really installed, into an environment of their own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from carsite.env import VARIABLES
from scripts import install
from tests.integration.test_up import Up, var
from tests.served.containers import project_files
from tests.services import ROOT, Visitor, wait_for

__all__ = ["var"]

pytestmark = [pytest.mark.services, pytest.mark.timeout(1800)]
#: Megabytes of disk that a first run may take.
MOST_MB = 900


def interpreters() -> list[str]:
    """One of each version; where none is on the PATH by its version's name, what runs the tests."""
    return install.pythons() or [install.find_python()]


@pytest.fixture(scope="module", params=interpreters(), ids=lambda path: Path(path).name)
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clone in which `make install` was done."""
    folder = tmp_path_factory.mktemp("fresh")
    for name in project_files():
        if not name.startswith(("tests/", "docs/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    done = subprocess.run(
        [request.param, "scripts/install.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    yield folder
    shutil.rmtree(folder / ".venv")


def told(folder: Path, **environment: str) -> dict[str, str]:
    names = {variable.name for variable in VARIABLES} | {
        "DJANGO_SETTINGS_MODULE",
        "PYTHONPATH",
        "VIRTUAL_ENV",
    }
    outside = {name: value for name, value in os.environ.items() if name not in names}
    return outside | {"DEBUG": "1", "VAR_DIR": str(folder / "var"), "ENV_FILE": os.devnull} | environment


def python(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [folder / ".venv" / "bin" / "python", *words],
        cwd=folder,
        env=told(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answers(var: Path) -> list[tuple[str, str]]:
    """Status and scene of each photo."""
    with contextlib.closing(sqlite3.connect(var / "db.sqlite3")) as database:
        return database.execute("SELECT status, scene FROM classifier_identification").fetchall()


def test_a_first_run_takes_little_disk_and_no_training(fresh: Path) -> None:
    megabytes = sum(path.lstat().st_size for path in (fresh / ".venv").rglob("*")) / 2**20
    assert megabytes < MOST_MB
    missing = python(fresh, "-c", "from ml import packages; print(packages.missing())")
    assert "torch" in missing
    python(fresh, "-m", "pip", "check")


def test_the_site_comes_up_and_answers_a_photo(fresh: Path, var: Path) -> None:
    python(fresh, "manage.py", "check")
    up = Up(var, root=fresh, python=str(fresh / ".venv" / "bin" / "python"), ENV_FILE=os.devnull)
    try:
        assert "Carsite is ready" in up.until_ready()
        visitor = Visitor(f"http://127.0.0.1:{up.port}")
        page = visitor.upload((ROOT / "tests" / "photos" / "sedan-front.jpg").read_bytes())
        assert page.status in (200, 202), page.text
        wait_for(lambda: answers(var) == [("done", "exterior")], seconds=90, what="the answer")
    finally:
        up.process.send_signal(signal.SIGINT)
        last_words = up.last_words()
    assert up.process.returncode == 0, last_words
