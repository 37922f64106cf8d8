"""One running site for all integration tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ml.tiny import write_tiny_bundle
from tests.services import Site


@pytest.fixture(scope="session")
def running_site(migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    bundle = tmp_path_factory.mktemp("bundles") / "tiny"
    write_tiny_bundle(bundle)
    with Site(migrated_database, bundle) as site:
        yield site
