"""The installer does its work once, and says what is missing."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import install

SITE = install.SITE


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An empty project with requirements; what was made and installed, in order."""
    for path in install.ROOT.glob("requirements*.txt"):
        shutil.copyfile(path, tmp_path / path.name)
    shutil.copyfile(install.ROOT / "constraints.txt", tmp_path / "constraints.txt")
    done: list[str] = []

    def create() -> None:
        (tmp_path / ".venv" / "bin").mkdir(parents=True)
        (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.11")
        (tmp_path / ".venv" / "bin" / "python").touch()
        done.append("environment")

    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(install, "create_environment", create)
    monkeypatch.setattr(install, "is_whole", (tmp_path / ".venv").exists)
    monkeypatch.setattr(install, "install", done.append)
    monkeypatch.setattr(sys, "argv", ["install.py"])
    return done


def test_what_a_site_needs_is_installed_once(project):
    install.main()
    install.main()
    assert project == ["environment", SITE]


def test_what_tests_need_is_installed_on_top_and_holds_all_that_it_includes(project, monkeypatch):
    install.main()
    for name in ("requirements-dev.txt", "requirements-dev.txt", install.TRAINING, "requirements.txt", SITE):
        monkeypatch.setattr(sys, "argv", ["install.py", name])
        install.main()
    assert project == ["environment", SITE, "requirements-dev.txt"]


def test_training_is_installed_on_top_of_a_site(project, monkeypatch):
    install.main()
    monkeypatch.setattr(sys, "argv", ["install.py", install.TRAINING])
    install.main()
    install.main()
    assert project == ["environment", SITE, install.TRAINING]


@pytest.mark.parametrize("name", [SITE, "requirements-web.txt", "constraints.txt"])
def test_changed_requirements_are_installed(project, tmp_path, name):
    install.main()
    (tmp_path / name).write_text("Django==5.2.20\n")
    install.main()
    assert project == ["environment", SITE, SITE]


def names_in(name: str) -> set[str]:
    """The packages that a requirements file and its includes ask for."""
    lines = [line for one in install.files_of(name) for line in (install.ROOT / one).read_text().splitlines()]
    found = [re.match(r"[A-Za-z][\w.-]*", line) for line in lines if "constraints" not in line]
    return {match[0].lower() for match in found if match}


def test_a_first_run_installs_no_training_and_the_whole_list_is_all_of_them():
    training = {"torch", "torchvision", "timm", "pytorch-lightning", "onnx", "matplotlib"}
    assert not training & names_in(SITE)
    assert {"django", "onnxruntime", "scrapy", "playwright"} <= names_in(SITE)
    assert training <= names_in(install.TRAINING)
    assert names_in("requirements.txt") == names_in(SITE) | names_in(install.TRAINING)
    assert names_in("requirements.txt") < names_in("requirements-dev.txt")


def test_an_installation_that_was_cut_short_is_done_again(project, tmp_path, monkeypatch):
    def fail(name: str) -> None:
        raise SystemExit("no network")

    monkeypatch.setattr(install, "install", fail)
    with pytest.raises(SystemExit):
        install.main()
    monkeypatch.setattr(install, "install", project.append)
    install.main()
    assert project == ["environment", SITE]


def test_a_python_that_is_too_old_is_told(monkeypatch):
    monkeypatch.setattr(install, "MINIMUM", (3, 99))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"Python 3\.99 or newer is needed .* PYTHON="):
        install.find_python()


def test_a_newer_python_beside_an_old_one_is_taken(monkeypatch):
    monkeypatch.setattr(install, "MINIMUM", (3, 99))
    there = ("python3.13", "python3.14")
    monkeypatch.setattr(shutil, "which", lambda name: f"/opt/{name}" if name in there else None)
    monkeypatch.setattr(install, "runs", lambda path: path != "/opt/python3.14")
    assert install.find_python() == "/opt/python3.13"


def test_a_disk_that_is_too_full_to_install_is_told(project, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=100 * 2**20))
    with pytest.raises(SystemExit, match="the disk has 100 MB left"):
        install.main()
    assert project == []


def test_a_folder_that_can_not_be_written_to_is_told(project, monkeypatch):
    monkeypatch.setattr(install.os, "access", lambda path, mode: False)
    with pytest.raises(SystemExit, match=r"can't be written to. Clone the project into a folder of your own"):
        install.main()


def test_a_python_without_the_venv_module_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "find_python", lambda: "false")
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        install.create_environment()
    assert not (tmp_path / ".venv").exists()
