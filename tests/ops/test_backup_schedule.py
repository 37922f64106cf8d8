"""Backups on a schedule: named by the time, the newest kept, and tried out without touching the site."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ops import drill, retention
from tests.ops.test_backup import System, archive, site, system

__all__ = ["archive", "site", "system"]


def empty_archives(folder: Path, *days: int) -> list[Path]:
    made = [folder / f"carsite-2026-01-{day:02}T0340Z.tar" for day in days]
    for path in made:
        path.touch()
    return made


def test_a_folder_keeps_its_newest_archives_and_all_else(
    site: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = empty_archives(folder, 3, 20, 10)
    others = [
        folder / name
        for name in ("carsite-before-upgrade.tar", "notes.txt", "carsite-2026-01-01T0340Z.tar.gz")
    ]
    for path in others:
        path.touch()
    with site.in_use():
        call_command("backup", folder, keep=2)
        call_command("backup", folder, keep=3)
    left = retention.archives(folder)
    assert len(left) == 3
    assert left[2] == old[1], "the newest of the old ones"
    assert all(path.exists() for path in others)
    assert left[0].name > left[2].name
    assert left[0].stat().st_mode & 0o077 == 0
    assert f"{old[0]}: removed" in capsys.readouterr().out


def test_names_sort_by_age_whatever_their_number(tmp_path: Path) -> None:
    names = [f"carsite-2026-01-03T0340Z{end}.tar" for end in ("", "-2", "-9", "-10")] + [
        "carsite-2026-01-02T2359Z-11.tar"
    ]
    for name in names:
        (tmp_path / name).touch()
    assert [path.name for path in retention.archives(tmp_path)] == [
        names[3],
        names[2],
        names[1],
        names[0],
        names[4],
    ]
    assert retention.newest(tmp_path).name == names[3]


@pytest.mark.parametrize(("place", "keep"), [("", 0), ("nowhere", 3), ("a.tar", 3)])
def test_keep_without_a_folder_or_a_number_writes_nothing(tmp_path: Path, place: str, keep: int) -> None:
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("backup", tmp_path / place, keep=keep)
    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_fails_removes_no_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = empty_archives(tmp_path, 1, 2, 3)

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ops.backups.write", full)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", tmp_path, keep=1)
    assert all(path.exists() for path in old)


def test_a_drill_restores_the_newest_archive_beside_the_site_and_leaves_nothing(
    site: System,
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "carsite.settings")
    folder = tmp_path / "backups"
    folder.mkdir()
    empty_archives(folder, 1)
    archive.rename(folder / "carsite-2026-02-01T0340Z.tar")
    before = site.state()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "drills"))
    (tmp_path / "drills").mkdir()
    monkeypatch.setattr(drill.tempfile, "tempdir", None)
    with site.in_use():
        call_command("restore", folder, drill=True)
    assert "Restored in a drill and thrown away:" in capsys.readouterr().out
    assert site.state() == before
    assert list((tmp_path / "drills").iterdir()) == []


def test_a_drill_says_what_did_not_come_back(
    site: System, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(archive) as read, tarfile.open(tmp_path / "cut.tar", "w") as cut:
        for member in read.getmembers()[:-3]:
            cut.addfile(member, read.extractfile(member))
    with site.in_use(), pytest.raises(CommandError, match="cut short"):
        call_command("restore", tmp_path / "cut.tar", drill=True)
    with site.in_use():
        manifest = drill.backups.check(archive)
    monkeypatch.setattr(drill.subprocess, "run", lambda *_, **__: drill.subprocess.CompletedProcess([], 0))
    monkeypatch.setattr(drill, "_lacking", lambda *_: "3 of 4 rows of accounts.User")
    monkeypatch.setattr(drill.backups, "check", lambda path: manifest)
    with pytest.raises(drill.BackupRefused, match="not all of it came back: 3 of 4 rows"):
        drill.drill(archive)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(CommandError, match="holds no archive"):
        call_command("restore", tmp_path / "nothing", drill=True)
