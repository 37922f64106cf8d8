"""The upgrade of `tests/upgrade` on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from tests.servers import Postgres
from tests.upgrade.upgrading import upgrade


def test_a_site_on_postgresql_migrates_without_losing_a_row_a_file_or_an_address(
    postgres: Postgres, tmp_path: Path
) -> None:
    assert upgrade(tmp_path, postgres.create_database("upgraded")) == []
