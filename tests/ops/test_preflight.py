"""What is wrong on a machine is said in one line that names the way out."""

from __future__ import annotations

import shutil
import socket
from types import SimpleNamespace

import pytest
from django.core.management.base import CommandError

from ops import preflight


def test_a_missing_folder_is_made(tmp_path):
    preflight.usable_folder(tmp_path / "new" / "var")
    assert (tmp_path / "new" / "var").is_dir()


def test_a_folder_that_can_not_be_written_to_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"can't be written to .*VAR_DIR"):
        preflight.usable_folder(tmp_path / "file")


def test_a_disk_that_is_nearly_full_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=499 * 2**20))
    with pytest.raises(CommandError, match=r"499 MB left and 500 MB are needed\. Free some space"):
        preflight.usable_folder(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=500 * 2**20))
    preflight.usable_folder(tmp_path)


def test_a_folder_is_locked_for_one(tmp_path):
    path = tmp_path / "up.lock"
    held = preflight.lock(path, "process 1, http://127.0.0.1:8000")
    with pytest.raises(
        CommandError, match=r"already runs in this folder: process 1, http://127\.0\.0\.1:8000"
    ):
        preflight.lock(path, "process 2")
    held.close()
    preflight.lock(path, "process 3").close()


def test_a_port_that_is_taken_is_told_with_one_that_is_free():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Port {taken} is taken .* PORT=\d+") as told:
            preflight.listener("127.0.0.1", str(taken))
    with preflight.listener("127.0.0.1", str(taken)) as ours:
        assert ours.getsockname() == ("127.0.0.1", taken)
        socket.create_connection(("127.0.0.1", taken), timeout=5).close()  # waits, and is not refused
    assert int(str(told.value).rsplit("=", 1)[1]) != taken


@pytest.mark.parametrize("port", ["", "abc", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_told(port):
    with pytest.raises(CommandError, match="PORT has to be a number from 1 to 65535"):
        preflight.listener("127.0.0.1", port)


def test_an_address_of_another_machine_is_told():
    with pytest.raises(CommandError, match="HOST has to be an address of this machine"):
        preflight.listener("192.0.2.1", "8000")
