"""What the site keeps is for its own user alone, from the start and after an upgrade."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.privacy import close_folder
from tests.services import ROOT


def open_to_others(folder: Path) -> list[str]:
    """Files and folders that the group or others may do anything with; links lead elsewhere."""
    every = [folder, *folder.rglob("*")]
    return [str(path) for path in every if not path.is_symlink() and path.stat().st_mode & 0o077]


@pytest.fixture
def left_open(tmp_path: Path) -> Path:
    """A site's folder as an earlier version left it."""
    var = tmp_path / "var"
    (var / "media" / "uploads").mkdir(parents=True)
    for path in (var / "db.sqlite3", var / "media" / "uploads" / "a.jpg", var / "letter.log"):
        path.write_text("private")
        path.chmod(0o644)
    script = var / "media" / "script"
    script.write_text("")
    script.chmod(0o755)
    for folder in (var, var / "media", var / "media" / "uploads"):
        folder.chmod(0o755)
    return var


def test_a_folder_that_was_open_is_closed_with_all_in_it(left_open: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    elsewhere.chmod(0o644)
    (left_open / "link").symlink_to(elsewhere)
    assert len(open_to_others(left_open)) == 7
    assert close_folder(left_open, project=ROOT) == 7
    assert open_to_others(left_open) == []
    assert (left_open / "media" / "script").stat().st_mode & 0o777 == 0o700
    assert elsewhere.stat().st_mode & 0o777 == 0o644, "links are not followed"
    assert close_folder(left_open, project=ROOT) == 0


def test_the_project_is_never_closed(left_open: Path) -> None:
    project = left_open / "media"
    assert close_folder(left_open, project=project) == 0
    assert close_folder(left_open / "nowhere", project=ROOT) == 0
    assert len(open_to_others(left_open)) == 7


def test_an_existing_site_is_closed_when_anything_of_it_starts_and_writes_nothing_open(
    left_open: Path,
) -> None:
    """Under the umask of most shells."""
    code = (
        "import os; os.umask(0o022)\n"
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.core.mail import send_mail\n"
        "from django.core.files.base import ContentFile\n"
        "from django.core.files.storage import default_storage\n"
        "call_command('migrate', 'contenttypes', verbosity=0)\n"
        "call_command('collectstatic', interactive=False, verbosity=0)\n"
        "send_mail('a', 'b', 'a@example.org', ['c@example.org'])\n"
        "default_storage.save('uploads/2026/a.jpg', ContentFile(b'a photo'))\n"
    )
    (left_open / "db.sqlite3").unlink()
    env = os.environ | {
        "VAR_DIR": str(left_open),
        "DEBUG": "1",
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "carsite.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (left_open / "media" / "uploads" / "2026" / "a.jpg").exists()
    assert list((left_open / "mail").iterdir())
    assert list((left_open / "static").iterdir())
    assert open_to_others(left_open) == []
