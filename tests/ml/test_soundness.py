"""What `check` finds in folders of photos."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.cli.commands import main
from ml.data.soundness import check_photos
from ml.exceptions import DataError
from tests.ml.conftest import CLASSES, drawn, write_folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    write_folder(tmp_path / "photos", CLASSES, 14)
    return tmp_path / "photos"


def test_sound_photos_are_counted(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(photos)]) == 0
    (said,) = capsys.readouterr().out.splitlines()
    assert said == f"{14 * len(CLASSES)} photos in {len(CLASSES)} classes, 14 to 14 in each"


def test_everything_that_spoils_a_training_is_named(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = sorted(folder for folder in photos.iterdir())
    for folder in (first, second):
        drawn((90, 90, 90), 99).save(folder / "same.jpg")
    for number in (1, 2):
        whole = (first / f"{number:02}.jpg").read_bytes()
        (first / f"{number:02}.jpg").write_bytes(whole[: len(whole) // 3])
    drawn((1, 200, 3), 50).save(second / "scan.tiff")
    (second / "notes.txt").write_text("mine")
    (photos / "Lada Niva").mkdir()
    drawn((9, 9, 9), 60).save(photos / "Lada Niva/only.bmp")
    assert main(["check", str(photos)]) == 1
    said = capsys.readouterr().out
    assert "1 to 15 in each" in said
    assert "2 files are not read: 1 .tiff, 1 .txt" in said or "2 files are not read: 1 .txt, 1 .tiff" in said
    assert "2 photos can't be read" in said
    assert f"  {first / '01.jpg'}: " in said
    assert f"  {first / '02.jpg'}: " in said
    assert "1 groups of near duplicates bear more than one class" in said
    assert f"{first.name}/same.jpg = {second.name}/same.jpg" in said
    assert "Lada Niva: 1" in said


def test_uneven_classes_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path, {"Kia Rio": (200, 9, 9)}, 13)
    write_folder(tmp_path, {"Kia Soul": (9, 200, 9)}, 110)
    assert any("per_class" in line for line in check_photos(tmp_path).lines())


def test_folders_of_folders_are_told_from_folders_of_photos(tmp_path: Path, photos: Path) -> None:
    with pytest.raises(DataError, match=f"one level deeper. Say {photos} in place of {tmp_path}"):
        check_photos(tmp_path)
