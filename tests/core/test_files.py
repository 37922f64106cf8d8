"""What is replaced is replaced whole or stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.files import replaced_file, replaced_folder, write_atomically


@pytest.mark.parametrize("content", ["Łada", b"\x00\xff"])
def test_content_is_written_and_replaces_what_was_there(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "new" / "file"
    for _ in range(2):
        write_atomically(path, content)
        assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(path.parent.iterdir()) == [path]


def test_file_stays_as_it_was_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def write_half() -> None:
        with replaced_file(path) as part:
            part.write_text("ne")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_that_was_never_written_is_an_error_and_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), replaced_file(path):
        pass
    assert path.read_text() == "old"


def test_folder_is_replaced_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder"
    for name in ("first", "second"):
        with replaced_folder(path) as part:
            (part / name).write_text(name)
        assert [file.name for file in path.iterdir()] == [name]
    assert list(path.parent.iterdir()) == [path]


def test_folder_stays_as_it_was_where_filling_fails(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "old").write_text("old")

    def fill_half() -> None:
        with replaced_folder(path) as part:
            (part / "new").write_text("new")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        fill_half()
    assert [file.name for file in tmp_path.rglob("*")] == ["folder", "old"]


def test_what_a_killed_writer_left_behind_is_in_no_ones_way(tmp_path: Path) -> None:
    for name in ("folder.part", "folder.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "junk").write_text("junk")
    with replaced_folder(tmp_path / "folder") as part:
        assert not list(part.iterdir())
        (part / "new").write_text("new")
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["folder", "new"]
