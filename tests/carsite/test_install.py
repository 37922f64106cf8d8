"""The installer does its work once, and says what is missing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import install


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An empty project with requirements; what was made and installed, in order."""
    for name in ("requirements.txt", "requirements-web.txt", "requirements-dev.txt", "constraints.txt"):
        (tmp_path / name).write_text("Django==5.2.19\n")
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


def test_everything_is_installed_once(project):
    install.main()
    install.main()
    assert project == ["environment", "requirements.txt"]


def test_what_tests_need_is_installed_on_top(project, monkeypatch):
    install.main()
    monkeypatch.setattr(sys, "argv", ["install.py", "requirements-dev.txt"])
    install.main()
    install.main()
    assert project == ["environment", "requirements.txt", "requirements-dev.txt"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-web.txt", "constraints.txt"])
def test_changed_requirements_are_installed(project, tmp_path, name):
    install.main()
    (tmp_path / name).write_text("Django==5.2.20\n")
    install.main()
    assert project == ["environment", "requirements.txt", "requirements.txt"]


def test_an_installation_that_was_cut_short_is_done_again(project, tmp_path, monkeypatch):
    def fail(name: str) -> None:
        raise SystemExit("no network")

    monkeypatch.setattr(install, "install", fail)
    with pytest.raises(SystemExit):
        install.main()
    monkeypatch.setattr(install, "install", project.append)
    install.main()
    assert project == ["environment", "requirements.txt"]


def test_a_python_that_is_too_old_is_told(monkeypatch):
    monkeypatch.setattr(install, "MINIMUM", (3, 99))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"Python 3\.99 or newer is needed .* PYTHON="):
        install.find_python()


def test_a_newer_python_beside_an_old_one_is_taken(monkeypatch):
    monkeypatch.setattr(install, "MINIMUM", (3, 99))
    monkeypatch.setattr(shutil, "which", lambda name: f"/opt/{name}" if name == "python3.13" else None)
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
