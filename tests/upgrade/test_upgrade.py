"""Who runs an earlier version loses nothing by taking this one."""

from __future__ import annotations

from pathlib import Path

from tests.upgrade.upgrading import upgrade


def test_a_site_on_sqlite_migrates_without_losing_a_row_a_file_or_an_address(tmp_path: Path) -> None:
    assert upgrade(tmp_path) == []
