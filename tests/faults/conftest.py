"""A site of their own for tests that break things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.site import FaultySite
from tests.ml.tiny import write_tiny_bundle
from tests.rows import answered_once, clear, row_of
from tests.services import Visitor, photo


@pytest.fixture(scope="session")
def running_site(migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultySite]:
    bundle = tmp_path_factory.mktemp("bundles") / "tiny"
    write_tiny_bundle(bundle)
    with FaultySite(migrated_database, bundle) as site:
        yield site


@pytest.fixture
def visitor(site: FaultySite, visitor: Visitor) -> Visitor:
    """A guest who has sent a photo before, and so is known by a cookie."""
    answered_once(row_of(visitor.upload(photo(0))))
    clear(site)
    return visitor
