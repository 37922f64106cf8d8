"""A site without the packages of training: it serves, and says which command brings them where they are needed."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from ml import packages
from ml.cli import commands
from ml.exceptions import PackagesError
from tests.ml.conftest import ROOT

PHOTO = str(ROOT / "tests" / "photos" / "sedan-front.jpg")
#: A module of this name is imported by every Python that starts.
BLOCKER = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages.MODULES}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Blocker())
import importlib.util
asked = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name in {packages.MODULES} else asked(name, *a)
"""


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that has what a site has, and nothing of training; it isn't .venv's."""
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    path = os.pathsep.join((str(tmp_path), str(ROOT), sysconfig.get_path("purelib")))
    return os.environ | {"PYTHONPATH": path, "DEBUG": "1", "VAR_DIR": str(tmp_path / "var")}


def run(words: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    python = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
    return subprocess.run(
        [python, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "ml", "train", "recipes/lite2.toml"],
        ["-m", "ml", "average", "a", "b"],
        ["-m", "ml", "export", "runs/none", "bundles/none"],
        ["-m", "ml", "compare", "runs/none", "--out", "{tmp}/page"],
        ["-m", "ml", "predict", PHOTO, "--backend", "torch"],
    ],
    ids=lambda words: words[2],
)
def test_commands_that_need_them_say_which_command_brings_them(
    words: list[str], without: dict[str, str], tmp_path: Path
) -> None:
    done = run([word.replace("{tmp}", str(tmp_path)) for word in words], without)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    said = done.stderr.strip()
    assert re.search(r"needs packages that are not installed here \(torch, .*pip install -r ", said)
    assert said.endswith(packages.LIST)


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "ml", "--help"],
        ["-m", "ml", "predict", PHOTO, "--json"],
        ["-m", "ml", "split", "{tmp}/photos", "{tmp}/list.txt"],
        ["manage.py", "check"],
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_what_a_site_does_works_without_them(
    words: list[str], without: dict[str, str], tmp_path: Path
) -> None:
    for number in range(4):
        folder = tmp_path / "photos" / f"car {number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(Path(PHOTO).read_bytes())
    done = run([word.replace("{tmp}", str(tmp_path)) for word in words], without)
    assert done.returncode == 0, done.stderr


def test_modules_are_those_of_the_list() -> None:
    lines = (ROOT / packages.LIST).read_text().splitlines()
    named = {re.split(r"==", line)[0].replace("-", "_").lower() for line in lines if "==" in line}
    weights = {name for name in named if name.endswith("_pytorch_model")}
    assert named - weights == set(packages.MODULES)


def test_a_command_installs_them_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there, done = [False], []

    def command(arguments: object) -> int:
        if not there[0]:
            raise ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")
        return 1

    def install(words: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        done.append(words)
        there[0] = True
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(packages, "missing", lambda: [] if there[0] else ["torch"])
    monkeypatch.setattr(packages, "_is_ours", lambda: True)
    monkeypatch.setattr(packages.subprocess, "run", install)
    monkeypatch.setattr("ml.cli.predict._predict", command)
    assert commands.main(["predict", PHOTO]) == 1
    assert done == [[sys.executable, str(ROOT / "scripts" / "install.py"), "requirements-train.txt"]]
    assert "Installing PyTorch" in capsys.readouterr().err


def test_an_installation_that_fails_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", lambda: ["torch"])
    monkeypatch.setattr(packages, "_is_ours", lambda: True)
    monkeypatch.setattr(
        packages.subprocess, "run", lambda words, **options: subprocess.CompletedProcess(words, 1)
    )
    with pytest.raises(PackagesError, match=r"\(torch\).* make install-train .*tried just now and failed"):
        packages.install(print)


def test_nothing_is_installed_where_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.subprocess, "run", lambda *_, **__: pytest.fail("installed"))
    assert packages.missing() == [], "the environment of the tests has them"
    packages.install(pytest.fail)


def test_another_missing_module_is_no_matter_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def command(arguments: object) -> int:
        raise ModuleNotFoundError("No module named 'nowhere'", name="nowhere")

    monkeypatch.setattr("ml.cli.predict._predict", command)
    with pytest.raises(ModuleNotFoundError):
        commands.main(["predict", PHOTO])
    assert importlib.util.find_spec("nowhere") is None
